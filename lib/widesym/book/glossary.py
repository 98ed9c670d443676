r"""The glossary: the abbreviations of the papers, and whether the book uses any that it does not explain.

``book/glossary.yml`` holds them. A page shows the table by ``load()``; ``checks`` judges A-T1 by
reading the words of every page: an abbreviation is a word of two or more capitals (or one that the
glossary lists) outside of code, mathematics and links.
"""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from widesym.book.pages import discover
from widesym.book.project import Project, find_project
from widesym.study.claims import Check, at_least, at_most, load_register, maths_html

_PAPERS = ("MF", "SS", "book")
_FIELDS = ("short", "long", "meaning", "paper")
# what is no prose, in the order of removal: front matter, fenced blocks that hold no prose, inline code and
# roles, mathematics, citations in brackets, targets of links, ids of claims
_NOT_PROSE = (
    re.compile(r"\A---\n.*?\n---\n", re.DOTALL),
    re.compile(r"^(`{3,})\{(?:code-cell|math|bibliography|toctree)\}.*?^\1\s*$", re.DOTALL | re.MULTILINE),
    re.compile(r"^```\w*\n.*?^```\s*$", re.DOTALL | re.MULTILINE),
    re.compile(r"(?:\{[\w:]+\})?`[^`]*`"),
    re.compile(r"\$\$.*?\$\$", re.DOTALL),
    re.compile(r"\$[^$]*\$"),
    re.compile(r"\[(?:MF|SS)\]"),
    re.compile(r"\]\([^)]*\)"),
    re.compile(r"\b[AB]-[SFTX]\d*\b"),
)
_WORD = re.compile(r"(?<![\w$\\{-])([A-Z]{2,}\+?)s?(?![\w}])")


@dataclasses.dataclass(frozen=True)
class Abbreviation:
    """One entry: the short form, what it stands for, what it means here, and whose it is."""

    short: str
    long: str
    meaning: str
    paper: str


@dataclasses.dataclass(frozen=True)
class Glossary:
    """All entries, and names in capitals that need none; shows itself as a table."""

    entries: tuple[Abbreviation, ...]
    names: frozenset[str]

    def __repr__(self) -> str:
        """One line an entry."""
        return "\n".join(f"{entry.short:<5} {entry.long}: {entry.meaning}" for entry in self.entries)

    def _repr_html_(self) -> str:
        """Return the table, one anchor an entry (``#abbreviation-wi``)."""
        rows = "".join(
            f'<tr id="abbreviation-{html.escape(entry.short.lower())}"><th scope="row">'
            f"{html.escape(entry.short)}</th><td>{html.escape(entry.long)}</td>"
            f"<td>{maths_html(entry.meaning)}</td><td>{_whose(entry.paper)}</td></tr>"
            for entry in self.entries
        )
        head = "".join(f'<th scope="col">{name}</th>' for name in ("", "stands for", "here", "from"))
        return (
            '<div class="table-wrapper" style="overflow-x:auto"><table class="table">'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        )


def _whose(paper: str) -> str:
    return "this book" if paper == "book" else f"[{paper}]"


def load(path: Path | None = None) -> Glossary:
    """Read the glossary; None means ``book/glossary.yml`` of the project around.

    Raises:
        ValueError: a malformed file or entry, or an abbreviation given twice; names it.
    """
    path = find_project().book / "glossary.yml" if path is None else Path(path)
    content = yaml.safe_load(path.read_text("utf-8"))
    if not isinstance(content, Mapping) or set(content) != {"abbreviations", "names"}:
        raise ValueError(f"{path.name} must hold 'abbreviations' and 'names'")
    entries: dict[str, Abbreviation] = {}
    for number, entry in enumerate(content["abbreviations"], 1):
        where = f"{path.name}, entry {number}"
        if not isinstance(entry, Mapping) or set(entry) != set(_FIELDS):
            raise ValueError(f"{where}: must have exactly the fields {', '.join(_FIELDS)}, got {entry!r}")
        if entry["paper"] not in _PAPERS:
            raise ValueError(f"{where}: paper must be one of {', '.join(_PAPERS)}, got {entry['paper']!r}")
        if entry["short"] in entries:
            raise ValueError(f"{where}: {entry['short']} is given twice")
        if entry["meaning"].count("$") % 2:
            raise ValueError(f"{where}: meaning has an odd number of dollar signs")
        entries[entry["short"]] = Abbreviation(**entry)
    return Glossary(tuple(entries.values()), frozenset(content["names"]))


def used(text: str) -> set[str]:
    """Return the abbreviations in the prose of a page (plural forms without their s)."""
    for pattern in _NOT_PROSE:
        text = pattern.sub(" ", text)
    return set(_WORD.findall(text))


def undefined(glossary: Glossary, texts: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return ``{abbreviation: pages}`` of what pages use and the glossary does not explain."""
    known = {entry.short for entry in glossary.entries} | glossary.names
    found: dict[str, list[str]] = {}
    for page, text in texts.items():
        for word in sorted(used(text) - known):
            found.setdefault(word, []).append(page)
    return {word: tuple(pages) for word, pages in found.items()}


def checks(id: str, project: Project | None = None) -> tuple[Check, ...]:
    """Judge the glossary of one paper against every page and the register of claims."""
    project = find_project() if project is None else project
    glossary = load(project.book / "glossary.yml")
    texts = {page.name: page.path.read_text("utf-8") for page in discover(project)}
    texts["claims.yml"] = "\n".join(
        f"{claim.title} {claim.statement}" for claim in load_register(project.register)
    )
    missing = undefined(glossary, texts)
    paper = {"A": "MF", "B": "SS"}[id[0]]
    own = [entry for entry in glossary.entries if entry.paper == paper]
    unexplained = undefined(dataclasses.replace(glossary, entries=_others(glossary, paper)), texts)
    control = set(unexplained) & {entry.short for entry in own}
    return (
        at_most(
            id, "Every abbreviation that a page or a claim uses is in the glossary", len(missing), 0,
            rule="none is unexplained",
            measured="; ".join(f"{word} on {', '.join(pages)}" for word, pages in missing.items())
            or f"none of those on {len(texts) - 1} pages",
        ),
        at_least(
            id, f"Control: without the entries of [{paper}] the same reading finds them missing",
            len(control), 1, measured=f"{len(control)} of {len(own)} found missing",
        ),
    )  # fmt: skip


def _others(glossary: Glossary, paper: str) -> tuple[Abbreviation, ...]:
    return tuple(entry for entry in glossary.entries if entry.paper != paper)
