r"""What the theme and the extensions beside it get wrong, put right page by page.

- Thebe, which the book has switched off, is left out: its settings are written twice, an error of the script.
- The theme takes an unset mode for a wrong one, and says so in the console: it is the system's.
- The list of references says that it is a list, but holds no items that count as such.
- What scrolls sideways cannot be scrolled by keyboard.
- Wide figures ask the contents at the side to step aside, on a page without too: an error of the script.
- A signature of several lines is a list of definitions without terms, which a screen reader cannot tell.
- A search over ``file://`` asks for pages that a browser does not give it: there it lists titles alone.
"""

from __future__ import annotations

import re

_SEARCH = "if (location.protocol === 'file:') DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;"
# what is written -> what it should be, in the text of a page
_WORDS = {
    '<div role="list" class="citation-list">': '<div class="citation-list">',
    ' role="doc-biblioentry"': "",
}
# a figure that is as wide as the page, and a signature of several lines, as Sphinx writes them
_WIDE = re.compile(r'(<figure class="(?:[^"]* )?)full-width(?=[ "])')
_PARAMETERS = re.compile(r"<dl>\n((?:<dd>.*?</dd>\n)+)</dl>")


def repair(app, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Put right what a page is about to be written from."""
    context["default_mode"] = "auto"
    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context.get(kind, ()) if "thebe" not in _spelled(file)]
    body = context.get("body", "")
    for written, right in _WORDS.items():
        body = body.replace(written, right)
    body = _PARAMETERS.sub(_lines, body)
    if not context.get("display_toc"):
        body = _WIDE.sub(r"\1widesym-full-width", body)
    if body:
        context["body"] = body


def _lines(found: re.Match) -> str:
    lines = found[1].replace("<dd>", "<div>").replace("</dd>", "</div>")
    return f'<div class="widesym-parameters">\n{lines}</div>'


def _spelled(file) -> str:
    """Return the name of a script or style sheet, or what is written in the page in its place."""
    return f"{getattr(file, 'filename', file)} {getattr(file, 'attributes', {}).get('body', '')}".lower()


def setup(app) -> None:
    """Register the repairs with Sphinx."""
    # after all others that have a say, and before the page is written
    app.connect("html-page-context", repair, priority=950)
    app.connect("builder-inited", lambda app: app.add_js_file("scrolling.js", loading_method="defer"))
    # after Sphinx's own options, which have a priority of 200
    app.connect("builder-inited", lambda app: app.add_js_file(None, priority=210, body=_SEARCH))
