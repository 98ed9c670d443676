r"""Workers: the processes among which Sphinx deals the pages that it reads and writes.

Sphinx cuts its list of pages in chunks of as many pages each, and reads a chunk in a process of its own.  The
pages on the library take much longer than others and stand side by side in the alphabet, so the list is dealt
anew here, by length.  A process does not see which names the others give, so a name that is given twice is
told when what they read comes together: a warning, as with one process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from sphinx.domains import Domain
from sphinx.util import logging
from sphinx.util.parallel import make_chunks
from sphinx_proof.domain import ProofDomain

from widesym.book import library
from widesym.book.project import load_build

LOGGER = logging.getLogger(__name__)
# They do not tell Sphinx whether they are safe, and are: one copies files when all is written, one numbers
# sections when all is read, both in the process that began, and one changes pages for LaTeX alone.
_SILENT = ("sphinx-mathjax-offline", "sphinx_multitoc_numbering", "sphinx_jupyterbook_latex")
# where Sphinx keeps names that a book may give once: domain, table, what it is; the page comes first in each
_NAMES = (
    ("std", "labels", "label"),
    ("std", "objects", "object"),
    ("py", "objects", "object"),
    ("math", "objects", "equation"),
    ("citation", "citations", "citation"),
)


def dealt(weights: Mapping[str, int], sizes: Sequence[int], jobs: int) -> list[str]:
    """Order names so that chunks of the given sizes, read ``jobs`` at a time, end at about the same time."""
    chunks: list[list[str]] = [[] for _ in sizes]
    loads = [0] * len(sizes)
    for name in sorted(weights, key=lambda name: (-weights[name], name)):
        open_chunks = [place for place, size in enumerate(sizes) if len(chunks[place]) < size][:jobs]
        lightest = min(open_chunks, key=loads.__getitem__)
        chunks[lightest].append(name)
        loads[lightest] += weights[name]
    return [name for chunk in chunks for name in chunk]


def _deal(app, env, docnames: list[str]) -> None:
    for name in _SILENT:
        if name in app.extensions and app.extensions[name].parallel_read_safe is None:
            app.extensions[name].parallel_read_safe = True
    env.widesym_names = {}
    if app.parallel > 1 and docnames:
        sizes = [len(chunk) for chunk in make_chunks(docnames, app.parallel)]
        docnames[:] = dealt(_weights(app, docnames), sizes, app.parallel)


def _weights(app, docnames: Iterable[str]) -> dict[str, int]:
    """Return how much there is to read for each page: its text, and the sources that it shows."""
    weights = {name: Path(app.env.doc2path(name)).stat().st_size for name in docnames}
    for module, page in library.documented(load_build(app.config.widesym_build).project).items():
        if f"book/{page}" in weights:
            weights[f"book/{page}"] += library.path_of(module).stat().st_size
    return weights


def _merge(app, env, docnames: Sequence[str], other) -> None:
    """Warn of a name that two processes have read on different pages."""
    for key, page in _given(other, set(docnames)):
        first = env.widesym_names.setdefault(key, page)
        if first != page:
            kind, name = key
            LOGGER.warning("duplicate %s %s, other instance in %s", kind, name, first, location=page)


def _given(env, docnames: set[str]) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the names that pages give, ``((what it is, name), page)`` each."""
    for domain, table, kind in _NAMES:
        for name, (page, *_) in env.domaindata.get(domain, {}).get(table, {}).items():
            if page in docnames:
                yield (kind, " ".join(name) if isinstance(name, tuple) else name), page
    for name, proof in getattr(env, "proof_list", {}).items():
        if proof["docname"] in docnames:
            yield ("proof", name), proof["docname"]


def _nothing_to_merge(self, docnames, otherdata) -> None:
    """Merge no data of a domain that has none: sphinx-proof keeps its list elsewhere, and merges that."""


def setup(app) -> None:
    """Register with Sphinx."""
    app.connect("env-before-read-docs", _deal)
    app.connect("env-merge-info", _merge)
    if ProofDomain.merge_domaindata is Domain.merge_domaindata:
        ProofDomain.merge_domaindata = _nothing_to_merge
