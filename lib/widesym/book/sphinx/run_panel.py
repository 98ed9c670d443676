r"""The panel at the foot of an executable page: how to run it, what to download, where its numbers come from.

    Run this page        the command that makes this very page, with the parameters of this build
    Download             the executed notebook, the page, its checks as CSV, and what others offer
    Where ... from       the lines that the page prints with ``one_line``, lifted out of its last cell

Another part of the book adds downloads by connecting to the event ``widesym-downloads``: it is called with
(app, docname) when a page is written, and returns (label, address from the root of the book) pairs.
"""

from __future__ import annotations

import csv
import html
import io
import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from widesym.book.pages import Page, changes_for, read_page
from widesym.book.project import Build, load_build
from widesym.book.sphinx.claim_boxes import checks_on
from widesym.study.claims import Check

DOWNLOADS = "widesym-downloads"
GUIDE = "book/rerun"
_ORIGIN = re.compile(r"([^:\n]+):\s+(profile .+|none yet)")
_FIELDS = ("id", "statement", "rule", "measured", "value", "low", "high", "scale", "verdict")


class RunPanels(SphinxPostTransform):
    """Put a panel at the foot of every executable page."""

    # after the claims are boxed and the outputs chosen
    default_priority = 210
    formats = ("html",)

    def run(self, **_: object) -> None:
        """Append the panel to the page that is being written."""
        build = load_build(self.config.widesym_build)
        docname = self.env.docname
        path = Path(self.env.doc2path(docname))
        if not path.is_relative_to(build.project.book) or path.suffix != ".md":
            return
        page = read_page(build.project, path)
        if not page.executable:
            return
        origins = lift_origins(self.document)
        up = "../" * docname.count("/")
        offered = [pair for pairs in self.app.emit(DOWNLOADS, docname) for pair in pairs or ()]
        found = [(label, up + address) for label, address in (*_own(self.app, build, docname), *offered)]
        guide = self.app.builder.get_relative_uri(docname, GUIDE) if GUIDE in self.env.found_docs else None
        place = next(iter(self.document.findall(nodes.section)), self.document)
        place += nodes.raw("", panel_html(page, build, origins, found, guide), format="html")


def _own(app, build: Build, docname: str) -> Iterable[tuple[str, str]]:
    """Offer the notebook, the page and its checks; the last is written here."""
    yield "Executed notebook (.ipynb)", f"_sources/{docname}.ipynb"
    yield "The page (.md)", f"_sources/{docname}.md"
    checks = checks_on(build, docname)
    if checks:
        address = f"_data/{docname}/checks.csv"
        target = Path(app.outdir) / address
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(checks_csv(checks), "utf-8")
        yield "Checks (.csv)", address


def checks_csv(checks: Sequence[Check]) -> str:
    """Return checks as CSV, a line each; an interval takes two columns, what is not there is empty."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, _FIELDS, lineterminator="\n")
    writer.writeheader()
    for check in checks:
        low, high = check.interval or (None, None)
        known = {name: getattr(check, name) for name in _FIELDS if name not in ("low", "high")}
        writer.writerow({**known, "low": low, "high": high})
    return buffer.getvalue()


def command(page: Page, build: Build) -> str:
    """Return the command that executes ``page`` as this build did."""
    words = ["widesym", "run", page.name]
    changes = changes_for(page, build.profile, build.changes)
    if build.profile != "default":
        words += ["--profile", build.profile]
    changed = [f"{name}={value}" for name, value in changes.items() if name != "profile"]
    return shlex.join([*words, *(["--set", *changed] if changed else [])])


def lift_origins(document: nodes.document) -> list[tuple[str, str]]:
    """Take the provenance that a page prints out of it; return (label, line) pairs, if there are any."""
    for block in reversed(list(document.findall(nodes.literal_block))):
        lines = block.astext().strip().splitlines()
        found = [_ORIGIN.fullmatch(line.strip()) for line in lines]
        if lines and all(found):
            cell = block
            while cell.parent is not None and cell.get("nb_element") not in ("cell_code", "cell_code_output"):
                cell = cell.parent
            if cell.get("nb_element") == "cell_code_output" and _shows_input(cell.parent):
                cell.parent.remove(cell)
            else:
                whole = cell.parent if cell.get("nb_element") == "cell_code_output" else cell
                whole.parent.remove(whole)
            return [(match[1].strip(), match[2]) for match in found]
    return []


def _shows_input(cell: nodes.Element) -> bool:
    return any(child.get("nb_element") == "cell_code_source" for child in cell.children)


def panel_html(
    page: Page,
    build: Build,
    origins: Sequence[tuple[str, str]],
    downloads: Sequence[tuple[str, str]],
    guide: str | None = None,
) -> str:
    """Return the panel of ``page``.

    ``origins`` are (label, line) pairs, ``downloads`` (label, address); ``guide`` the page that tells more.
    """
    names = [name for name in page.parameters if name != "profile"]
    parameters = ", ".join(f"<code>{html.escape(name)}</code>" for name in names)
    more = f'<a href="{html.escape(guide)}">More on running pages.</a>' if guide else ""
    change = (
        f"For other numbers put <code>--set NAME=VALUE</code> behind it, as in <code>--set "
        f"{html.escape(names[-1])}={_example(page.parameters[names[-1]])}</code>; "
        f"this page has {parameters}. "
        if names
        else ""
    )
    items = "".join(
        f'<li><a href="{html.escape(address)}" download>{html.escape(label)}</a></li>'
        for label, address in downloads
    )
    told = "".join(
        f"<div><dt>{html.escape(label[0].upper() + label[1:])}</dt><dd>{html.escape(line)}</dd></div>"
        for label, line in origins
    )
    where = f"<h3>Where its numbers come from</h3><dl>{told}</dl>" if told else ""
    return (
        '<aside class="widesym-run" aria-labelledby="run-this-page">'
        '<h2 id="run-this-page">Run this page</h2>'
        f'<div class="highlight-text notranslate"><div class="highlight"><pre>'
        f"{html.escape(command(page, build))}\n</pre></div></div>"
        f'<p>{change}{more}</p><h3>Download</h3><ul class="widesym-downloads">{items}</ul>{where}</aside>'
    )


def _example(value: object) -> str:
    """Return a value of the kind of a parameter's own."""
    return "3" if value is None else html.escape(str(value))


def setup(app) -> None:
    """Register panels with Sphinx."""
    app.add_event(DOWNLOADS)
    app.add_post_transform(RunPanels)
