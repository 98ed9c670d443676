"""The PDF of a made-up book: links, outline, numbers, what is left out and what is made to fit."""

import io
import os
import re
import struct
import subprocess
import sys
import zlib

import pytest
from pypdf import PdfReader

from widesym.book.pipeline.workflow import BuildFailed
from widesym.book.print import browser, pdf
from widesym.book.project import Build, Project

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head><body>
<nav>Sidebar</nav><article class="bd-article"><section id="{name}">
<h1>{title}<a class="headerlink" href="#{name}">#</a></h1>{body}</section></article>
<script>document.write("scripted")</script></body></html>
"""
ONE = """
<p>See <a href="../two.html">the other page</a>, <a href="../two.html#far">its end</a>,
<a href="#here">here</a>, <a href="https://example.org/">elsewhere</a> and
<a href="../../data.csv">the data</a>.</p>
<h2 id="here">A section</h2>
<details class="hide"><summary>Show code</summary><pre>secret_code()</pre></details>
<details><summary>9 checks</summary><ul><li>folded check</li></ul></details>
<p><img src="../../dot.png" alt="A red square."></p>
<table><tr>{cells}</tr></table>
<div class="widesym-module"><p><code>lib.room</code>: <a href="../../source/room.html">its code</a></p></div>
<dl class="py"><dt class="sig">area<a href="../../source/room.html#area"><span class="viewcode-link">[source]
</span></a></dt><dd>The area.</dd></dl>
"""
CELLS = "".join(f"<td style='white-space: nowrap'>column number {n} of many</td>" for n in range(12))
FAR = "".join(f"<p>Line {n}</p>" for n in range(120)) + '<h2 id="far">Far <em>away</em></h2>'
LONG = "Page two, with a title that goes on over more than a line, which the outline must join again"
CLAIM = """
- {id: A-S1, paper: MF, title: A, statement: B, kind: statement, source: Section 1, page: two}
"""
TOC = """format: jb-book
root: book/intro
parts:
  - caption: First part & more
    chapters: [{file: book/deep/one}]
  - caption: Second part
    chapters: [{file: book/two}]
"""


def square():
    """A PNG of one red pixel."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(b"\x00\xff\x00\x00")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The built HTML of a small book."""
    root = tmp_path_factory.mktemp("project")
    (root / "_toc.yml").write_text(TOC)
    (root / "_config.yml").write_text("title: A small <book>\n")
    (root / "book").mkdir()
    (root / "book" / "claims.yml").write_text(CLAIM)
    build = Build(Project(root), "quick")
    for name, title, body in (
        ("intro", "Welcome", "<p>Hello.</p>"),
        ("deep/one", "Page one", ONE.format(cells=CELLS)),
        ("two", LONG, FAR),
    ):
        path = build.html / "book" / f"{name}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGE.format(title=title, name=name.replace("/", "-"), body=body))
    (build.html / "dot.png").write_bytes(square())
    (build.html / "data.csv").write_text("1\n")
    (build.html / ".built").touch()
    return build


@pytest.fixture(scope="module")
def printed(small, chromium):
    return PdfReader(io.BytesIO(pdf.write(small, chromium).read_bytes()))


def text(reader, number=None):
    pages = reader.pages if number is None else [reader.pages[number - 1]]
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def links(reader):
    """Page, target page or address of every link."""
    found = []
    for number, page in enumerate(reader.pages, 1):
        for annotation in (one.get_object() for one in page.get("/Annots", ())):
            action = annotation.get("/A", {})
            goal = annotation.get("/Dest", action.get("/D"))
            if "/URI" in action:
                found.append((number, action["/URI"]))
            elif goal is not None:
                found.append(
                    (number, reader.get_destination_page_number(reader.named_destinations[goal]) + 1)
                )
    return found


def test_cover_contents_and_pages_follow_each_other(printed):
    cover = text(printed, 1)
    assert "A small <book>" in cover and "quick" in cover and "1 claims" in cover and "no commit" in cover
    contents = text(printed, 2)
    assert [int(n) for n in re.findall(r"(?:Welcome|Page one|join again) ?(\d+)", contents)] == [3, 4, 5]
    for number, title in ((3, "Welcome"), (4, "First part & more Page one"), (5, "Second part Page two")):
        assert title in text(printed, number)
    assert len(printed.pages) > 6  # page two is long


def test_every_page_but_the_cover_has_its_number(printed):
    last = [page.extract_text(extraction_mode="layout").split()[-1] for page in printed.pages]
    assert last[1:] == [str(n) for n in range(2, len(last) + 1)] and last[0] != "1"


def test_links_lead_to_pages_of_the_book_and_outside_ones_stay(printed):
    found = links(printed)
    end = len(printed.pages)
    assert [goal for number, goal in found if number == 2] == [3, 4, 5]
    assert [goal for number, goal in found if number == 4] == [5, end, 4, "https://example.org/"]
    assert not any("file:" in str(goal) for _, goal in found)


def test_the_outline_has_parts_pages_and_sections(printed):
    def titles(entries):
        return [titles(one) if isinstance(one, list) else one.title for one in entries]

    assert titles(printed.outline) == [
        "Contents",
        "Welcome",
        "First part & more",
        ["Page one", ["A section"]],
        "Second part",
        [LONG, ["Far away"]],
    ]


def test_what_only_a_screen_can_use_is_left_out(printed):
    shown = text(printed)
    assert "9 checks" in shown and "the data" in shown and "lib.room" in shown and "The area." in shown
    for absent in (
        "secret_code",
        "Show code",
        "folded check",
        "Sidebar",
        "scripted",
        "#",
        "its code",
        "[source]",
    ):
        assert absent not in shown


def test_a_wide_table_is_not_cut_off(printed):
    (page,) = [page for page in printed.pages if "column number 11" in page.extract_text()]
    right = []
    page.extract_text(
        visitor_text=lambda part, cm, tm, font, size: right.append((part, (cm[0] * tm[4]) + cm[4]))
    )
    assert max(x for part, x in right if "column" in part) < float(page.mediabox.width) - 48


def test_it_can_be_read_aloud(printed):
    catalogue = printed.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"] and catalogue["/Lang"] == "en"
    texts = []

    def walk(node):
        node = node.get_object()
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, dict):
            texts.append(node.get("/Alt"))
            if "/K" in node:
                walk(node["/K"])

    walk(catalogue["/StructTreeRoot"]["/K"])
    assert "A red square." in texts


def test_a_place_that_is_not_there_is_told(printed, small):
    with pytest.raises(BuildFailed, match="no place named book-nowhere"):
        pdf.page_numbers((small.directory / "book.pdf").read_bytes(), ["book-two", "book-nowhere"])


def test_a_browser_that_fails_is_told_in_one_line(tmp_path):
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    script = "from widesym.book.print import browser\nwith browser.launched(): pass"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True,
        env={**os.environ, browser.VARIABLE: str(broken)},
    )  # fmt: skip
    assert f"ChildProcessError: {broken} failed: " in done.stderr.splitlines()[-1]
