"""One visit to a page of a built book, and every fault that is seen there.

A visit opens the page once, waits until it is drawn, looks at it on a desk and on a phone, light and dark,
and returns its faults by kind, in words.
"""

import html.parser
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from axe_playwright_python.sync_playwright import Axe

from widesym.book.print import browser

DESK, PHONE = {"width": 1300, "height": 900}, {"width": 390, "height": 844}
KINDS = ("console", "requests", "mathematics", "images", "links", "headings", "width")
THEMES = ("light", "dark")
GRAVE = ("serious", "critical")

_LOOK, _WIDTH = (Path(__file__).with_name(name).read_text("utf-8") for name in ("look.js", "width.js"))
_THEME = "theme => { for (const name of ['theme', 'mode']) document.documentElement.dataset[name] = theme; }"


def visit(page, base: str, folder: Path, name: str, *, accessible: bool = False) -> dict[str, list[str]]:
    """Visit the page ``name`` of the site at ``base``, whose files lie in ``folder``; return faults by kind.

    ``page`` is the browser's, the same for many visits: a new one costs a second.  ``accessible`` adds an
    audit by axe-core for each theme.
    """
    page.set_default_timeout(120e3)  # for busy machines
    page.set_viewport_size(DESK)
    asked, told = [], []
    listeners = {
        "request": lambda request: asked.append(request.url),
        "pageerror": lambda error: told.append(str(error)),
        "console": lambda message: message.type == "error" and told.append(_spell(message)),
    }
    for event, listener in listeners.items():
        page.on(event, listener)
    page.goto(base + name, wait_until="load")
    browser.settle(page)
    seen = page.evaluate(_LOOK)
    outside = [url for url in asked if not url.startswith((base, "data:", "blob:", "about:"))]
    faults = {
        # what was refused for leading outside is told once
        "console": [line for line in told if not any(url in line for url in outside)],
        "requests": outside,
        "mathematics": seen["raw"] + seen["undrawn"] + seen["refused"],
        "images": seen["images"],
        "links": [fault for link in dict.fromkeys(seen["links"]) if (fault := _dead(link, base, folder))],
        "headings": _headings(seen),
    }
    if accessible:
        page.add_style_tag(content="* { transition: none !important; animation: none !important }")
        for theme in THEMES:
            page.evaluate(_THEME, theme)
            faults[theme] = violations(page, GRAVE)
    page.set_viewport_size(PHONE)
    page.evaluate("() => new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)))")
    faults["width"] = page.evaluate(_WIDTH)
    if accessible:  # what scrolls on a phone alone
        faults["dark"] += violations(page, GRAVE, "scrollable-region-focusable")
    for event, listener in listeners.items():
        page.remove_listener(event, listener)
    return faults


def closed(context, base: str) -> None:
    """Let no request of ``context`` leave the site at ``base``."""
    inside = "|".join(re.escape(start) for start in (base, "data:", "blob:", "about:"))
    context.route(re.compile(f"^(?!{inside})"), lambda route: route.abort())


def violations(page, impacts, *rules: str) -> list[str]:
    """Return what axe-core finds on a page of the given impacts: rule, how often, and the first place.

    ``rules`` are the only ones to be asked for; none are all.
    """
    options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    found = Axe().run(page, options=options).response["violations"]
    return [_told(one, one["nodes"]) for one in found if one["impact"] in impacts]


def _told(one, nodes) -> str:
    reason = "; ".join(check["message"] for check in nodes[0]["any"])[:300]
    where = nodes[0]["html"][:200]
    return f"{one['impact']}: {one['id']} ({one['help']}), {len(nodes)} times, as in {where} {reason}"


def _spell(message) -> str:
    return f"{message.text} ({message.location.get('url', '')})"


def _headings(seen) -> list[str]:
    faults = [] if seen["title"].strip() else ["no title"]
    first = seen["first"]
    return faults if len(first) == 1 else [*faults, f"{len(first)} first headings: {first}"]


def _dead(link: str, base: str, folder: Path) -> str:
    """Return what is wrong with a link, nothing for a good one; outside ones are not followed."""
    if not link.startswith(base):
        if link.startswith(("https://", "mailto:", "javascript:")):
            return ""
        return f"{link}: leads out of the book, but not by https"
    parts = urlsplit(link[len(base) :])
    target = folder / unquote(parts.path)
    target = target / "index.html" if target.is_dir() else target
    if not target.is_file() or not target.stat().st_size:
        return f"{link}: no such file"
    # with a sign of equality a fragment is no place but a state, which the page's script reads
    if parts.fragment and "=" not in parts.fragment and unquote(parts.fragment) not in _ids(target):
        return f"{link}: no such place in the file"
    return ""


@cache
def _ids(path: Path) -> frozenset[str]:
    collector = _Ids()
    collector.feed(path.read_text("utf-8"))
    return frozenset(collector.found)


class _Ids(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attributes):
        self.found.update(value for name, value in attributes if name in ("id", "name") and value)
