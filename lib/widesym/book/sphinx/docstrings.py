r"""Docstrings -> reStructuredText, in whichever way they spell mathematics and code.

Older modules write ``:math:`` and cross-references as Sphinx knows them, younger ones dollar signs and single
backticks as in Markdown.  Both have Google's sections (``Args:``, ``Returns:``, ``Raises:``), which Napoleon
reads.  What is verbatim, between double backticks or indented under ``::``, stays as it is.
"""

from __future__ import annotations

import re

from sphinx.ext.napoleon import Config, GoogleDocstring

_CONFIG = Config(napoleon_use_ivar=True, napoleon_use_rtype=False)
_SPAN = re.compile(
    r"""
    (?P<kept> ``.+?`` | :[\w:+.-]+:`[^`]+` | `[^`]+`__? )
    | \s* \$\$ (?P<block> [^$]+ ) \$\$ \s*
    | (?<![\w\\$]) \$ (?P<maths> [^\s$](?:[^$]*[^\s$])? ) \$ (?!\w)
    | ` (?P<code> [^`]+ ) `
    """,
    re.VERBOSE | re.DOTALL,
)
# as in Markdown, an indented block after a paragraph is verbatim; under an item of a list it is no block
_INDENTED = re.compile(r"^((?![-*] |\.\. |=)\S.*)\n\n(    )", re.MULTILINE)
_NAME = re.compile(r"~?[A-Za-z_][\w.]*(?:\(\))?")
# around an inline construct there must be a space or one of these; an escaped space stands for none
_BEFORE, _AFTER = re.compile(r"[\s'\"(\[{<\-/:\u2013]"), re.compile(r"[\s'\")\]}>\-/\\:.,;!?\u2013]")


def restructured(docstring: str, kind: str = "function") -> list[str]:
    """Return the lines of a docstring as reStructuredText, its sections as fields.

    ``kind`` is what the docstring is of, in autodoc's words: module, class, function, ...
    """
    if kind == "data":  # a comment knows no markup beyond mathematics and code
        docstring = re.sub(r"(?<!`)([*_|])", r"\\\1", docstring) if "`" not in docstring else docstring
    if kind == "module":
        docstring = _INDENTED.sub(r"\1\n\n::\n\n\2", docstring)
    text = "".join(_inline(part) if free else part for free, part in _parts(docstring))
    return str(GoogleDocstring(text, _CONFIG, what=kind)).splitlines()


def _parts(text: str) -> list[tuple[bool, str]]:
    """Split a docstring in free and verbatim text."""
    parts: list[tuple[bool, str]] = []
    margin: int | None = None  # of the line that opened verbatim text
    for line in text.splitlines(keepends=True):
        indent = len(line) - len(line.lstrip())
        if margin is not None and line.strip() and indent <= margin:
            margin = None
        free = margin is None
        if free and re.match(r"\s*\.\. [\w-]+::", line):
            free, margin = False, indent
        elif free and line.rstrip().endswith("::"):
            margin = indent
        if parts and parts[-1][0] == free:
            parts[-1] = (free, parts[-1][1] + line)
        else:
            parts.append((free, line))
    return parts


def _inline(text: str) -> str:
    def spelled(found: re.Match) -> str:
        if found["kept"] is not None:
            return found[0]
        if found["block"] is not None:
            return f"\n\n.. math:: {_one_line(found['block'])}\n\n"
        if found["maths"] is not None:
            new = f":math:`{_one_line(found['maths'])}`"
        elif _NAME.fullmatch(found["code"]):
            new = f":py:obj:`{found['code'].removesuffix('()')}`"
        else:
            new = f"``{_one_line(found['code'])}``"
        before, after = text[: found.start()][-1:], text[found.end() :][:1]
        glue = "\\ "
        return (
            ("" if not before or _BEFORE.match(before) else glue)
            + new
            + ("" if not after or _AFTER.match(after) else glue)
        )

    return _SPAN.sub(spelled, text)


def _one_line(text: str) -> str:
    return " ".join(text.split())
