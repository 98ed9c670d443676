r"""The glossary: abbreviations and symbols of the papers, and whether the book uses one unexplained.

``book/glossary.yml`` holds them. A page shows the table by ``load()``; ``checks`` judges A-T1 and B-T1 by
reading every page: an abbreviation is a word of two or more capitals (or one that the glossary lists)
outside of code, mathematics and links; a symbol is a word in ``\mathsf{}`` inside of mathematics, a model
or a setting, with the subscript that says whether its width is finite.
"""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from widesym.book.pages import discover
from widesym.book.project import Project, find_project
from widesym.book.prose import read
from widesym.study.claims import Check, at_least, at_most, load_register, maths_html

_PAPERS = ("MF", "SS", "book")
# what is no prose, in the order of removal: inline code and roles, mathematics, citations in brackets,
# targets of links, ids of claims
_NOT_PROSE = (
    re.compile(r"(?:\{[\w:]+\})?`[^`]*`"),
    re.compile(r"\$\$.*?\$\$", re.DOTALL),
    re.compile(r"\$[^$]*\$"),
    re.compile(r"\[(?:MF|SS)\]"),
    re.compile(r"\]\([^)]*\)"),
    re.compile(r"\b[AB]-[SFTX]\d*\b"),
)
# the symbols of [SS], Appendix A, each by its name and its width
APPENDIX = (
    *((name, width) for name in ("FCN", "VEC", "LCN", "GAP", "LAP") for width in ("finite", "infinite")),
    ("+LR", ""),
    ("+L2", ""),
)
_MATHS = re.compile(r"\$\$(.*?)\$\$|(?<!\$)\$([^$]+)\$(?!\$)", re.DOTALL)
_SCRIPT = r"(?:\s*[_^]\s*(?:\{[^{}]*\}|\\\w+|\w))"
_SYMBOL = re.compile(r"\\mathsf\{(\+?[A-Z][A-Z0-9]+)\}(" + _SCRIPT + r"{0,2})")
_WORD = re.compile(r"(?<![\w$\\{-])([A-Z]{2,}\+?)s?(?![\w}])")


@dataclasses.dataclass(frozen=True)
class Abbreviation:
    """One entry: the short form, what it stands for, what it means here, and whose it is."""

    short: str
    long: str
    meaning: str
    paper: str


@dataclasses.dataclass(frozen=True)
class Symbol:
    """One symbol for a model or a setting, in TeX, what it stands for and means here, and whose it is."""

    symbol: str
    long: str
    meaning: str
    paper: str

    @property
    def key(self) -> tuple[str, str]:
        """Its name and its width, ``finite``, ``infinite`` or empty."""
        return next(iter(symbols_in(self.symbol)))


@dataclasses.dataclass(frozen=True)
class Glossary:
    """All entries, names in capitals that need none, and symbols; shows itself as a table."""

    entries: tuple[Abbreviation, ...]
    names: frozenset[str]
    symbols: tuple[Symbol, ...] = ()

    def __repr__(self) -> str:
        """One line an entry."""
        lines = [f"{entry.short:<5} {entry.long}: {entry.meaning}" for entry in self.entries]
        return "\n".join(lines + [f"${one.symbol}$ {one.long}: {one.meaning}" for one in self.symbols])

    def _repr_html_(self) -> str:
        """Return the table, one anchor an entry (``#abbreviation-wi``)."""
        rows = "".join(
            f'<tr id="abbreviation-{html.escape(entry.short.lower())}"><th scope="row">'
            f"{html.escape(entry.short)}</th><td>{html.escape(entry.long)}</td>"
            f"<td>{maths_html(entry.meaning)}</td><td>{_whose(entry.paper)}</td></tr>"
            for entry in self.entries
        )
        rows += "".join(
            f'<tr><th scope="row">{maths_html(f"${one.symbol}$")}</th><td>{maths_html(one.long)}</td>'
            f"<td>{maths_html(one.meaning)}</td><td>{_whose(one.paper)}</td></tr>"
            for one in self.symbols
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
    if not isinstance(content, Mapping) or set(content) - {"symbols"} != {"abbreviations", "names"}:
        raise ValueError(f"{path.name} must hold 'abbreviations' and 'names', and may hold 'symbols'")
    entries = _read(f"{path.name}, entry", content["abbreviations"], Abbreviation)
    symbols = _read(f"{path.name}, symbol", content.get("symbols", ()), Symbol)
    for number, symbol in enumerate(symbols, 1):
        if len(symbols_in(symbol.symbol)) != 1:
            raise ValueError(
                f"{path.name}, symbol {number}: {symbol.symbol!r} must be one \\mathsf{{}} of capitals, with "
                r"the subscript n or \infty for the width of a model"
            )
    return Glossary(entries, frozenset(content["names"]), symbols)


def _read(where: str, content: Iterable, kind: type) -> tuple:
    """Read entries of one kind, in their order."""
    fields = [field.name for field in dataclasses.fields(kind)]
    found: dict[str, object] = {}
    for number, entry in enumerate(content, 1):
        place = f"{where} {number}"
        if not isinstance(entry, Mapping) or set(entry) != set(fields):
            raise ValueError(f"{place}: must have exactly the fields {', '.join(fields)}, got {entry!r}")
        if entry["paper"] not in _PAPERS:
            raise ValueError(f"{place}: paper must be one of {', '.join(_PAPERS)}, got {entry['paper']!r}")
        name = entry[fields[0]]
        if name in found:
            raise ValueError(f"{place}: {name} is given twice")
        for field in ("long", "meaning"):
            if entry[field].count("$") % 2:
                raise ValueError(f"{place}: {field} has an odd number of dollar signs")
        found[name] = kind(**entry)
    return tuple(found.values())


def used(text: str) -> set[str]:
    """Return the abbreviations in the prose of a page (plural forms without their s)."""
    text = read(text)
    for pattern in _NOT_PROSE:
        text = pattern.sub(" ", text)
    return set(_WORD.findall(text))


def symbols_in(maths: str) -> set[tuple[str, str]]:
    r"""Return name and width of the symbols in mathematics: ``\mathsf{VEC}_{dn}`` is ("VEC", "finite").

    A name without a subscript has the width "", and so has a setting such as ``\mathsf{+LR}``.
    """
    found = set()
    for name, scripts in _SYMBOL.findall(maths):
        subscript = re.search(r"_\s*(\{[^{}]*\}|\\\w+|\w)", scripts)
        width = "" if subscript is None else "infinite" if "infty" in subscript[1] else "finite"
        found.add((name, width))
    return found


def symbols_used(text: str) -> set[tuple[str, str]]:
    """Return the symbols in the mathematics of a page."""
    return set().union(*(symbols_in("".join(parts)) for parts in _MATHS.findall(read(text))))


def unexplained_symbols(glossary: Glossary, texts: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return ``{symbol: pages}`` of what pages use in mathematics and the glossary does not explain.

    A name without a width is explained by an abbreviation too.
    """
    known = {symbol.key for symbol in glossary.symbols} | {(entry.short, "") for entry in glossary.entries}
    found: dict[str, list[str]] = {}
    for page, text in texts.items():
        for name, width in sorted(symbols_used(text) - known):
            found.setdefault(f"{name} {width}".strip(), []).append(page)
    return {name: tuple(pages) for name, pages in found.items()}


def undefined(glossary: Glossary, texts: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return ``{abbreviation: pages}`` of what pages use and the glossary does not explain."""
    known = {entry.short for entry in glossary.entries} | glossary.names
    found: dict[str, list[str]] = {}
    for page, text in texts.items():
        for word in sorted(used(text) - known):
            found.setdefault(word, []).append(page)
    return {word: tuple(pages) for word, pages in found.items()}


def checks(id: str, project: Project | None = None) -> tuple[Check, ...]:
    """Judge the glossary of one paper against every page and the claims; for [SS] also symbols."""
    project = find_project() if project is None else project
    glossary = load(project.book / "glossary.yml")
    texts = {page.name: page.path.read_text("utf-8") for page in discover(project)}
    texts["claims.yml"] = "\n".join(
        f"{claim.title} {claim.statement}" for claim in load_register(project.register)
    )
    paper = {"A": "MF", "B": "SS"}[id[0]]
    others = dataclasses.replace(
        glossary,
        entries=tuple(entry for entry in glossary.entries if entry.paper != paper),
        symbols=tuple(symbol for symbol in glossary.symbols if symbol.paper != paper),
    )
    own = {entry.short for entry in glossary.entries if entry.paper == paper}
    control = len(set(undefined(others, texts)) & own)
    found = [
        _none(
            id, "Every abbreviation that a page or a claim uses is in the glossary",
            undefined(glossary, texts), len(texts) - 1,
        ),
        at_least(
            id, f"Control: without the entries of [{paper}] the same reading finds them missing", control, 1,
            measured=f"{control} of {len(own)} found missing",
        ),
    ]  # fmt: skip
    return tuple(found + (_symbol_checks(id, glossary, others, texts) if paper == "SS" else []))


def _symbol_checks(id: str, glossary: Glossary, others: Glossary, texts: Mapping[str, str]) -> list[Check]:
    listed = {symbol.key for symbol in glossary.symbols}
    absent = [f"{name} {width}".strip() for name, width in APPENDIX if (name, width) not in listed]
    models = {name for name, _ in APPENDIX}
    control = sum(name.split()[0] in models for name in unexplained_symbols(others, texts))
    return [
        at_most(
            id, f"The {len(APPENDIX)} symbols of the paper's Appendix A are in the glossary", len(absent), 0,
            rule="none is absent", measured="; ".join(absent) or f"all {len(APPENDIX)} are there",
        ),
        _none(
            id, "Every symbol of a model or a setting that stands in mathematics is in the glossary",
            unexplained_symbols(glossary, texts), len(texts) - 1,
        ),
        at_least(
            id, "Control: without the entries of [SS] the same reading finds symbols missing", control, 1,
            measured=f"{control} found missing",
        ),
    ]  # fmt: skip


def _none(id: str, statement: str, missing: Mapping[str, tuple[str, ...]], pages: int) -> Check:
    """Judge that nothing is missing, and say what is and where."""
    return at_most(
        id, statement, len(missing), 0, rule="none is unexplained",
        measured="; ".join(f"{word} on {', '.join(where)}" for word, where in missing.items())
        or f"none of those on {pages} pages",
    )  # fmt: skip
