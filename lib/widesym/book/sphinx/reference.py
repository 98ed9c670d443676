r"""The pages on the library: ``.. library:: widesym.groups`` becomes its modules, entry by entry.

An entry has its signature, its docstring with the mathematics rendered, a link to the source, and the pages
that use it.  The page of a claim in turn ends with the functions that it uses.  Everything is read from the
sources (``library``, ``used``), so a name that is moved or renamed moves its links, and a cross-reference to
a name that is gone fails the build.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import nested_parse_with_titles

from widesym.book import library
from widesym.book.pages import read_page
from widesym.book.project import Build, load_build, sha256
from widesym.book.sphinx import sources, used
from widesym.book.sphinx.docstrings import restructured
from widesym.fingerprint import PACKAGE, fingerprint

LOGGER = logging.getLogger(__name__)
_LONGEST_VALUE = 90
# roles of the Python domain that promise a place to go to; py:obj, a name in single backticks, does not
_PROMISES = ("func", "class", "meth", "mod", "data", "attr")


class LibraryDirective(SphinxDirective):
    """``.. library:: MODULES``: the public names of modules, those of a package under a heading each."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Read the sources and parse what they say."""
        build = load_build(self.config.widesym_build)
        self.users = used.users(build.project)
        self.lines = StringList()
        words = self.arguments[0].split()
        for word in words:
            if library.modules_of(word) == (word,):
                self._module(word)
                continue
            package = library.read(word)
            self._add([f".. py:module:: {word}", ""], package.path, word)
            self._add(restructured(package.docstring, "module"), package.path, word)
            for entry in package.entries:
                self._entry(package, entry, word, 0)
            for module in library.modules_of(word):
                self._module(module)
        parsed = nodes.Element()
        nested_parse_with_titles(self.state, self.lines, parsed)
        for signature in parsed.findall(addnodes.desc_signature):
            self._link(signature)
        for section in parsed.findall(nodes.section):
            section["names"] = []  # no labels of the whole book: rooms have modules of the same name
        for name in library.listed(self.arguments[0]):
            self.env.note_dependency(str(library.path_of(name)))
        return parsed.children

    def _add(self, lines: Sequence[str], path: Path, name: str, indent: int = 0) -> None:
        where = f"{path}:docstring of {name}"
        for number, line in enumerate((*lines, "")):
            self.lines.append(" " * indent + line if line.strip() else "", where, number)

    def _module(self, name: str) -> None:
        module = library.read(name)
        stem = name.rpartition(".")[2]
        self._add([stem, "=" * len(stem), "", f".. py:module:: {name}"], module.path, name)
        source = f"``{name}``: `source <{sources.address(self.env.docname, name)}>`__"
        self._add([".. container:: widesym-module", "", f"   {source}"], module.path, name)
        self._add(restructured(module.docstring, "module"), module.path, name)
        self._add(self._back_links(name), module.path, name)
        for entry in module.entries:
            self._entry(module, entry, name, 0)

    def _entry(self, module: library.Module, entry: library.Entry, owner: str, indent: int) -> None:
        name = f"{owner}.{entry.name}"
        head = [f".. py:{entry.kind}:: {entry.name}{entry.signature}"]
        if entry.kind == "property" and entry.value:
            head.append(f"   :type: {entry.value}")
        if entry.kind == "data" and 0 < len(entry.value) <= _LONGEST_VALUE:
            head.append(f"   :value: {entry.value}")
        self._add(head, module.path, name, indent)
        self._add(restructured(entry.docstring, entry.kind), module.path, name, indent + 3)
        for member in entry.members:
            self._entry(module, member, name, indent + 3)
        self._add(self._back_links(name), module.path, name, indent + 3)

    def _back_links(self, name: str) -> list[str]:
        """Say which pages use ``name`` in their cells, and which in their experiments."""
        direct, by_experiment = [], []
        for uses in self.users.get(name, ()):
            (direct if name in uses.cells else by_experiment).append(f":doc:`/book/{uses.page}`")
        words = []
        if direct:
            words.append(f"Used on {', '.join(direct)}.")
        if by_experiment:
            words.append(f"Used by the experiments of {', '.join(by_experiment)}.")
        return [".. container:: widesym-users", "", "   " + " ".join(words)] if words else []

    def _link(self, signature: addnodes.desc_signature) -> None:
        target = sources.address(self.env.docname, signature["module"], signature["fullname"])
        inline = nodes.inline("", "[source]", classes=["viewcode-link"])
        only = addnodes.only(expr="html")
        only += nodes.reference("", "", inline, internal=True, refuri=target)
        signature += only


def foot(uses: used.Uses, docname: str) -> nodes.Element:
    """Make the list of functions at the foot of a page, each a cross-reference to its entry."""
    box = nodes.container(classes=["widesym-used"])
    box += nodes.rubric("", "Functions used on this page")
    items = nodes.bullet_list()
    items += _item([nodes.Text("In the cells: ")], uses.cells, docname)
    for name, module, names in uses.experiments:
        by = [nodes.Text("In the experiment "), _reference(module, docname, name), nodes.Text(": ")]
        items += _item(by, names, docname)
    box += items
    return box


def _item(words: Sequence[nodes.Node], names: Sequence[str], docname: str) -> nodes.list_item:
    paragraph = nodes.paragraph("", "", *words)
    for name in names:
        if paragraph.children[-1] is not words[-1]:
            paragraph += nodes.Text(", ")
        paragraph += _reference(name, docname)
    return nodes.list_item("", paragraph)


def _reference(name: str, docname: str, shown: str = "") -> addnodes.pending_xref:
    """Refer to a name, shown with its module only: many modules have a function ``figure``."""
    shown = shown or ".".join(name.split(".")[-2:])
    kind = "mod" if library.path_of(name) else "obj"
    options = {"refdomain": "py", "reftype": kind, "reftarget": name, "refexplicit": True, "refdoc": docname}
    return addnodes.pending_xref("", nodes.literal("", shown), refwarn=True, **options)


def _on_doctree_read(app, doctree: nodes.document) -> None:
    """Put the list of functions at the foot of a page with cells."""
    build = load_build(app.config.widesym_build)
    path = Path(app.env.doc2path(app.env.docname))
    if not path.is_relative_to(build.project.book) or not library.documented(build.project):
        return
    page = read_page(build.project, path)
    section = next(iter(doctree.findall(nodes.section)), None)
    if page.executable and section is not None and used.uses(page).cells:
        section += foot(used.uses(page), app.env.docname)


def _on_outdated(app, env, added, changed, removed) -> list[str]:
    """Read the pages on the library again when others use other names; all when this code changes."""
    build = load_build(app.config.widesym_build)
    pages = {f"book/{page}" for page in library.documented(build.project).values()}
    uses = {name: [one.page for one in users] for name, users in used.users(build.project).items()}
    now = (fingerprint(__name__), sha256(json.dumps(uses, sort_keys=True)))
    before, env.widesym_uses = getattr(env, "widesym_uses", now), now
    if before[0] != now[0]:
        return sorted(env.all_docs)
    return sorted(pages & set(env.all_docs)) if before != now else []


def _on_missing_reference(app, env, node: addnodes.pending_xref, shown: nodes.Node) -> nodes.Node | None:
    """Follow a name to the module that defines it; a promise of one that nobody defines is a warning."""
    if node.get("refdomain") != "py":
        return None
    target, module = node["reftarget"], node.get("py:module") or PACKAGE.name
    if library.path_of(module) is None:
        return None
    defined = library.seen_from(module, target)
    if defined is not None and not library.is_public(defined):
        return shown
    # an annotation refers to a class, and may mean a name for several of them
    if defined is not None and (defined != target or node["reftype"] != "obj"):
        domain = env.get_domain("py")
        return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", defined, node, shown)
    # a role carries "refwarn", an annotation of a signature does not
    if "refwarn" in node and node["reftype"] in _PROMISES and module != PACKAGE.name:
        LOGGER.warning(
            "nothing is called %s in %s", target, module, location=node, type="widesym", subtype="ref"
        )
    return None


def _on_build_finished(app, error) -> None:
    if error is None and app.builder.format == "html":
        build: Build = load_build(app.config.widesym_build)
        pages: Mapping[str, str] = library.documented(build.project)
        sources.write(Path(app.outdir), pages, app.parallel)


def connect(app) -> None:
    """Register the directive and its events with Sphinx."""
    app.add_directive("library", LibraryDirective)
    app.connect("builder-inited", lambda app: library.forget())
    app.connect("doctree-read", _on_doctree_read)
    app.connect("env-get-outdated", _on_outdated)
    app.connect("missing-reference", _on_missing_reference)
    app.connect("build-finished", _on_build_finished)
