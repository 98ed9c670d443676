"""What one reads of a page: its prose and mathematics, without what is written for machines.

A page is MyST Markdown. Its fences nest: a theorem holds prose and may hold a block of mathematics; a cell
holds code, and in its header the caption of its figure.
"""

import re

import yaml

_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_FENCE = re.compile(r"(`{3,})(?:\{([\w:-]+)\}(.*)|\w*)\s*")
_OPTION = re.compile(r":[\w-]+:.*")
# directives whose content is no prose; a block of mathematics and the caption of a cell are kept apart
_VERBATIM = ("", "bibliography", "toctree", "code", "mermaid")


def read(text: str) -> str:
    """Return what one reads of a page: prose, captions, and mathematics between dollar signs.

    The prose inside of directives counts. Front matter, code and lists of references do not.
    """
    kept: list[str] = []
    open_fences: list[tuple[int, str]] = []  # length of the fence, name of the directive
    header: list[str] = []  # of a cell
    for line in _FRONT.sub("", text).splitlines():
        fence = _FENCE.fullmatch(line.rstrip())
        length, inside = open_fences[-1] if open_fences else (0, None)
        if fence and inside is not None and line.strip() == "`" * len(fence[1]) and len(fence[1]) >= length:
            open_fences.pop()
            kept += _captions(header) if inside == "code-cell" else ["$$"] if inside == "math" else [""]
            header = []
        elif inside == "code-cell":
            header.append(line)
        elif inside in _VERBATIM:
            continue
        elif fence:
            name = fence[2] or ""
            open_fences.append((len(fence[1]), name))
            title = (fence[3] or "") if name not in (*_VERBATIM, "code-cell", "math") else ""
            kept.append("$$" if name == "math" else title)
        elif inside is None or not _OPTION.fullmatch(line):
            kept.append(line)
    return "\n".join(kept)


def _captions(cell: list[str]) -> list[str]:
    """Return the caption and the alternative text in the header of a cell."""
    if not cell or cell[0] != "---":
        return []
    end = cell.index("---", 1)
    options = (yaml.safe_load("\n".join(cell[1:end])) or {}).get("mystnb", {})
    return [options.get("figure", {}).get("caption", ""), options.get("image", {}).get("alt", "")]
