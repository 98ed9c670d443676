"""The audit sees what it is for: a small site without fault, then one broken thing at a time."""

import base64

import pytest

from .audit import KINDS, THEMES, closed, visit
from .conftest import served

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>body {{ background: white; color: black }}
[data-theme=dark] :is(body, a) {{ background: black; color: white }}
{style}</style></head>
<body><main><h1 id="top">A page</h1><p>{body}</p><p><a href="page.html#top">itself</a>
<a href="data.csv">data</a> <a href="https://example.org/">elsewhere</a></p>
<img src="dot.png" alt="A dot."><span class="math"><mjx-container>x</mjx-container></span></main></body>
</html>
"""


@pytest.fixture
def seen(chromium, tmp_path):
    """Write the site, with something in it, and visit it."""

    def look(body="", style="", scheme="file", change=("", "")):
        (tmp_path / "page.html").write_text(PAGE.format(body=body, style=style).replace(*change))
        (tmp_path / "dot.png").write_bytes(PIXEL)
        (tmp_path / "data.csv").write_text("1\n")
        with served(tmp_path) as address:
            base = address if scheme == "http" else tmp_path.as_uri() + "/"
            context = chromium.new_context()
            closed(context, base)
            faults = visit(context.new_page(), base, tmp_path, "page.html", accessible=True)
            context.close()
        return {kind for kind, told in faults.items() if told}

    return look


@pytest.mark.parametrize("scheme", ["file", "http"])
def test_a_page_without_fault_has_none(seen, scheme):
    assert seen("Good.", scheme=scheme) == set()


@pytest.mark.parametrize("scheme", ["file", "http"])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("console", "<script>console.error('lost')</script>"),
        ("console", "<script>throw new Error('lost')</script>"),
        ("console", "<script src='nowhere.js'></script>"),
        ("requests", "<script src='https://example.org/script.js'></script>"),
        ("requests", "<script>fetch('https://example.org/').catch(() => null)</script>"),
        ("mathematics", r"where \(x\) is"),
        ("mathematics", "where $x^2$ is"),
        ("mathematics", r"where \frac 12 is"),
        ("mathematics", "<span class='math'>x</span>"),
        ("mathematics", "<mjx-container><mjx-merror>Undefined</mjx-merror></mjx-container>"),
        ("images", "<img src='data:image/png;base64,AAAA' alt='None.'>"),
        ("images", "<video src='data:video/mp4;base64,AAAA'></video>"),
        ("images", "<span class='widesym-interactive'></span>"),
        ("links", "<a href='gone.html'>gone</a>"),
        ("links", "<a href='page.html#gone'>gone</a>"),
        ("links", "<a href='http://example.org/'>not safe</a>"),
        ("headings", "</p><h1>Another</h1><p>"),
        ("width", "<span style='display: block; width: 500px'>wide</span>"),
        ("light", "<span style='color: #ddd; background: #fff'>pale</span>"),
    ],
)
def test_one_broken_thing_is_one_kind_of_fault(seen, kind, body, scheme):
    found = seen(body, scheme=scheme)
    assert kind in found
    # pale is pale in both themes; all else is told once
    assert found - {kind} <= ({"dark"} if kind == "light" else set())


def test_every_kind_of_fault_is_known():
    assert {"console", "requests", "mathematics", "images", "links", "headings", "width"} == set(KINDS)
    assert set(THEMES) == {"light", "dark"}


def test_a_fault_of_the_dark_theme_alone_is_seen(seen):
    assert seen("Dim.", style="[data-theme=dark] p { color: #222 }") == {"dark"}


@pytest.mark.parametrize("change", [("<title>A page</title>", ""), ("<h1", "<h2")])
def test_a_page_needs_a_title_and_a_first_heading(seen, change):
    assert "headings" in seen(change=change)


def test_an_empty_file_is_no_download(seen, tmp_path):
    (tmp_path / "empty.csv").write_text("")
    assert seen("<a href='empty.csv'>data</a>") == {"links"}
