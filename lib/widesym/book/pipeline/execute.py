r"""Execution: from a page to its executed notebook, published all or nothing.

    book/X.md --jupytext--> notebook --papermill--> .X.<pid>.ipynb --os.replace--> pages/X.ipynb

Its images are made smaller on the way (``widesym.book.pictures``).

The published notebook carries in its metadata, under ``widesym``, the SHA-256
of the page it was made from and the digest of everything else it depends on
(``widesym.book.pipeline.keys``), so that whoever reads it can tell whether it is stale.

A page that raises publishes nothing; the notebook as far as it got is kept as
``failed/X.ipynb`` beside a text with page, line, cell and error.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from widesym import threads
from widesym.book import pictures
from widesym.book.faults import told
from widesym.book.pages import Page, changes_for, line_of_cell, notebook_of, read_page
from widesym.book.project import Build, load_build, sha256

METADATA = "widesym"
_INJECTED = "injected-parameters"
_KERNEL = [
    # an idle kernel is interrupted before it is shut down, and would log that as an error
    "--IPKernelApp.log_level=50",
    # imports and figures make many objects, which are looked through for garbage again and again: a tenth of
    # a page's time
    "--IPKernelApp.exec_lines=import gc; gc.set_threshold(100_000, 20, 100)",
]


class PageFailed(RuntimeError):
    """A page raised; the message names page, line, cell, error and the notebook kept."""


class _CellRaised(Exception):
    """Code cell number ``cell`` (from 0, as the page counts) raised."""

    def __init__(self, cell: int, reason: str) -> None:
        super().__init__(cell, reason)
        self.cell = cell
        self.reason = reason


def kernel_environment(build: Build, user: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables of a page's kernel; what ``user`` has set already wins.

    One thread a kernel, so that k pages at a time use k cores; the CPU, so that
    pages side by side do not fight for a GPU.
    """
    defaults = {**threads.limit(1), "JAX_PLATFORMS": "cpu"}
    # where the project is and whose claims a page shows is the driver's business
    ours = {"WIDESYM_ROOT": str(build.project.root), "WIDESYM_BUILD": str(build.directory)}
    return {**defaults, **user, **ours}


def execute(build: Build, page: Page, digest: str) -> Path:
    """Execute ``page`` and publish the notebook; return its path.

    ``digest`` is stored with the notebook.  Raises ``PageFailed``.
    """
    text = page.path.read_text("utf-8")
    target = build.notebook(page.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    for leftover in target.parent.glob(f".{target.stem}.*.ipynb"):  # of a killed run
        leftover.unlink(missing_ok=True)
    temporary = target.with_name(f".{target.stem}.{os.getpid()}.ipynb")
    started = time.perf_counter()
    notebook = notebook_of(text)
    where = page.path.relative_to(build.project.root).as_posix()
    try:
        # papermill writes a tuple into the page as a text, a list as a list
        parameters = _lists(changes_for(page, build.profile, build.changes))
        notebook = _run(notebook, temporary, parameters, page.path.parent)
        pictures.slim(notebook)
        notebook.metadata[METADATA] = {
            **notebook.metadata.get(METADATA, {}),
            "page": page.name,
            "profile": build.profile,
            "changes": dict(build.changes),
            "source": sha256(text),
            "key": digest,
            "seconds": round(time.perf_counter() - started, 2),
        }
        _publish(notebook, temporary, target)
    except _CellRaised as raised:
        where += f", line {line_of_cell(text, raised.cell)} (code cell {raised.cell + 1})"
        raise _keep(build, page, temporary, where, raised.reason) from None
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)  # cut short
        raise _keep(build, page, temporary, where, told(error, target)) from None
    except Exception as error:
        # a kernel killed for memory, a kernel that never started: no cell is to blame
        raise _keep(build, page, temporary, where, f"{type(error).__name__}: {error}") from error
    for old in (build.failed(page.name), build.failed(page.name).with_suffix(".txt")):
        old.unlink(missing_ok=True)
    return target


def _lists(value):
    """Return a value with lists in the place of tuples, at every depth."""
    if isinstance(value, dict):
        return {name: _lists(part) for name, part in value.items()}
    return [_lists(part) for part in value] if isinstance(value, tuple | list) else value


def _run(notebook, temporary: Path, parameters: dict, folder: Path):
    """Run all cells with papermill, kernel sockets in a directory of their own."""
    # imported here: more than a second, which the command line need not wait for
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    logging.getLogger("papermill").setLevel(logging.ERROR)
    # a socket's path may have about 100 characters, which a long TMPDIR exceeds
    base = tempfile.gettempdir()
    sockets = tempfile.mkdtemp(prefix="widesym-", dir=base if len(base) < 60 else Path(os.sep, "tmp"))
    transport = Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/kernel"}})
    nbformat.write(notebook, temporary)
    try:
        executed = papermill.execute_notebook(
            str(temporary),
            str(temporary),
            parameters=parameters,
            progress_bar=False,
            engine_name=_saved_once(),
            cwd=str(folder),
            config=transport,
            extra_arguments=_KERNEL,
        )
    except PapermillExecutionError as error:
        # papermill put a banner cell on top; an injected cell is not on the page either
        done = nbformat.read(temporary, as_version=4).cells[: error.cell_index + 3]
        own = sum(c.cell_type == "code" and _INJECTED not in c.metadata.get("tags", ()) for c in done)
        raise _CellRaised(own - 1, f"{error.ename}: {error.evalue}") from None
    finally:
        shutil.rmtree(sockets, ignore_errors=True)
    # times and paths of this machine, which would make equal runs differ
    executed.metadata.pop("papermill", None)
    _hide_injected(executed.cells)
    for cell in executed.cells:
        for noise in ("papermill", "execution"):
            cell.metadata.pop(noise, None)
    return executed


def _saved_once() -> str:
    """Register an engine of papermill that saves the notebook at the end, however it comes; return its name.

    By itself papermill saves the whole notebook before and after every cell, which takes longer than to run
    a page with many points.
    """
    from papermill.engines import NBClientEngine, papermill_engines

    class SavedOnce(NBClientEngine):
        @classmethod
        def execute_managed_notebook(cls, nb_man, kernel_name, **options):
            path, nb_man.output_path = nb_man.output_path, None
            try:
                return super().execute_managed_notebook(nb_man, kernel_name, **options)
            finally:
                nb_man.output_path = path  # papermill saves there after this, after an error too

    papermill_engines.register(METADATA, SavedOnce)
    return METADATA


def _hide_injected(cells: list) -> None:
    """Show the cell that papermill injects as the page shows its own parameters: hidden where those are."""
    tags = next(
        (cell.metadata["tags"] for cell in cells if "parameters" in cell.metadata.get("tags", ())), []
    )
    for cell in cells:
        if _INJECTED in cell.metadata.get("tags", ()):
            cell.metadata["tags"] += [tag for tag in tags if tag.startswith(("hide-", "remove-"))]


def _publish(notebook, temporary: Path, target: Path) -> None:
    import nbformat

    with temporary.open("w", encoding="utf-8") as stream:
        nbformat.write(notebook, stream)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, target)


def _keep(build: Build, page: Page, temporary: Path, where: str, reason: str) -> PageFailed:
    """Put a failed notebook aside and return the error that says where it is."""
    kept = build.failed(page.name)
    message = f"page {page.name} failed at {where}\n  {reason}"
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        if temporary.exists():
            os.replace(temporary, kept)
            message += f"\n  the notebook as far as it got: {kept}"
        kept.with_suffix(".txt").write_text(message + "\n", "utf-8")
    except OSError:  # where nothing can be written, the terminal must do
        print(message, file=sys.stderr, flush=True)
    return PageFailed(message)


def state(build: Build, page: str, text: str) -> str:
    """Tell whether the executed notebook of ``page`` is ``"fresh"``, ``"stale"`` or ``"missing"``.

    ``text`` is the page as it is now.
    """
    path, key = build.notebook(page), build.key(page)
    if not path.is_file() or not key.is_file():
        return "missing"
    try:
        made = json.loads(path.read_bytes())["metadata"].get(METADATA, {})
        wanted = json.loads(key.read_bytes())["digest"]
    except (ValueError, KeyError, TypeError):  # damaged
        return "stale"
    return "fresh" if (made.get("source"), made.get("key")) == (sha256(text), wanted) else "stale"


def main(arguments: list[str] | None = None) -> int:
    """Execute one page of a prepared build: ``python -m widesym.book.pipeline.execute BUILD_FOLDER PAGE``."""
    folder, name = sys.argv[1:] if arguments is None else arguments
    build = load_build(folder)
    page = read_page(build.project, build.project.book / f"{name}.md")
    digest = json.loads(build.key(name).read_text("utf-8"))["digest"]
    os.environ.update(kernel_environment(build, os.environ))
    started = time.perf_counter()
    try:
        execute(build, page, digest)
    except OSError as error:  # before the page began
        print(f"page {name}: {told(error, build.directory)}", file=sys.stderr, flush=True)
        return 1
    except PageFailed:  # the driver tells what failed, and where, at the end of the build
        print(f"page {name}: failed", flush=True)
        return 1
    print(f"page {name}: {time.perf_counter() - started:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
