r"""The two papers: how the register calls them, and where they are."""

from __future__ import annotations

import html
from dataclasses import dataclass


@dataclass(frozen=True)
class Paper:
    """A paper: ``part`` of the book that recomputes it, short title, number on arXiv."""

    part: str
    title: str
    arxiv: str

    @property
    def address(self) -> str:
        """Where the paper is; nothing loads it before a reader follows it."""
        return f"https://arxiv.org/abs/{self.arxiv}"


PAPERS = {
    "MF": Paper("Part A", "the mean-field view", "2405.19995"),
    "SS": Paper("Part B", "synergy and symmetry", "2207.04612"),
}


def place_html(paper: str, source: str) -> str:
    """Return a link to a paper, with the place in it for those who hear or print the link.

    A name that is not among ``PAPERS`` gives no link.
    """
    if paper not in PAPERS:
        return html.escape(paper)
    known = PAPERS[paper]
    told = html.escape(f"arXiv:{known.arxiv}, {source}", quote=True)
    return (
        f'<a class="widesym-paper" href="{known.address}" title="{told}" aria-label="{told}">'
        f"arXiv:{known.arxiv}</a>"
    )
