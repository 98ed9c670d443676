r"""Downloads: an executed notebook as the book offers it, without what only the book needs.

What is left out:

    application/vnd.widesym.*    for the scoreboard and other parts of a build
    text/html beside Plotly      drawn by the book's own script; a notebook draws from Plotly's JSON
    what is large                pictures and films: the book shows them and offers their data, a run
                                 draws them again
"""

from __future__ import annotations

import json

_OURS = "application/vnd.widesym."
_PLOTLY = "application/vnd.plotly.v1+json"
# characters of one form of an output: with all its pictures twice, the book would weigh a third more
LARGEST = {"image/": 4096, "text/html": 100_000}


def offered(text: str) -> str:
    """Return the JSON ``text`` of an executed notebook with the outputs that any reader can use.

    An output always keeps one form: what has no other stays as it is.
    """
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            kept = {
                name: shown
                for name, shown in data.items()
                if not name.startswith(_OURS)
                and not (name == "text/html" and _PLOTLY in data)
                and not any(name.startswith(kind) and _length(shown) > most for kind, most in LARGEST.items())
            }
            if kept:
                output["data"] = kept
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _length(shown) -> int:
    return (
        sum(map(len, shown)) if isinstance(shown, list) else len(shown)
    )  # a text may be stored line by line
