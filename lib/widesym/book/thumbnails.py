r"""Thumbnails: small figures side by side, each a link to the page that it comes from."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from widesym.book.board import SIGNS, verdict_class
from widesym.book.pictures import smaller
from widesym.study.claims import Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DOTS = 200  # an inch: twice what a third of a page is wide


@dataclass(frozen=True)
class Thumbnail:
    """A figure, the claim it is of (the link leads to its page), a caption, a text for who cannot see it."""

    figure: Figure
    claim: str
    caption: str
    alt: str


@dataclass(frozen=True)
class Thumbnails:
    """Small figures with the verdicts on their claims, to be shown by a notebook.

    Raises ``ValueError`` for a claim that the scoreboard does not have, or that has no page.
    """

    shown: tuple[Thumbnail, ...]
    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        """Refuse what cannot be linked."""
        paged = {row.claim.id for row in self.rows if row.claim.page is not None}
        for thumbnail in self.shown:
            if thumbnail.claim not in paged:
                raise ValueError(f"a thumbnail needs a claim with a page, got {thumbnail.claim!r}; name one")

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        plain = "\n".join(f"{thumbnail.claim}: {thumbnail.caption}" for thumbnail in self.shown)
        return {"text/html": self.html(), "text/plain": plain}

    def html(self) -> str:
        """Return the figures as a list of links."""
        rows = {row.claim.id: row for row in self.rows}
        return f'<ul class="widesym-thumbnails">{"".join(_item(each, rows) for each in self.shown)}</ul>'


def _item(thumbnail: Thumbnail, rows: dict[str, Row]) -> str:
    row = rows[thumbnail.claim]
    page = f"{row.claim.page}.html"
    buffer = io.BytesIO()
    thumbnail.figure.savefig(buffer, format="png", dpi=_DOTS)
    source = base64.b64encode(smaller(buffer.getvalue())).decode("ascii")
    return (
        f'<li><a href="{page}"><img src="data:image/png;base64,{source}" '
        f'alt="{html.escape(thumbnail.alt, quote=True)}"><span>{html.escape(thumbnail.caption)}</span></a> '
        f'<a class="widesym-sign {verdict_class(row.verdict)}" href="{page}#claim-{row.claim.id}">'
        f"{row.claim.id} {SIGNS[row.verdict]} {row.verdict}</a></li>"
    )


def thumbnails(rows: Sequence[Row], *shown: Thumbnail) -> Thumbnails:
    """Return the figures ``shown``, with verdicts from the scoreboard ``rows``."""
    return Thumbnails(tuple(shown), tuple(rows))
