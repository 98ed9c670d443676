r"""Notebooks opened by hand: progress on the page, and a mistake told in one sentence.

A page run from the command line is a script whose output is a file. In JupyterLab or VS Code somebody
looks at it while it computes, so there

* the error stream counts as a terminal, as the front ends draw it like one: a line with the time left
  shows while shards are computed;
* an error that the library raised by itself about what it was given shows as its sentence, and an
  interrupt as what was kept; `%tb` has the traceback.

Errors from within a computation, and those of other libraries, keep their traceback.
"""

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

PACKAGE = Path(__file__).resolve().parents[1]
# ImportError and the like are not about what somebody typed; StoreError is a RuntimeError
_TOLD = (ValueError, RuntimeError, OSError, KeyboardInterrupt)
_INTERRUPTED = "interrupted; what was finished is kept: run the cell again to go on with the rest"


class Drawn:
    r"""A stream that a notebook's front end draws as a terminal does: `\r` writes over the line."""

    def __init__(self, stream: Any) -> None:
        """Wrap a stream of the kernel."""
        self._stream = stream

    def isatty(self) -> bool:
        """Say that it is a terminal."""
        return True

    def __getattr__(self, name: str) -> Any:
        """Pass everything else on."""
        return getattr(self._stream, name)


def prepare() -> bool:
    """Prepare the notebook that this process runs for whoever looks at it; return whether there is one.

    Nothing happens in a script, in a terminal's IPython, where a line of progress shows anyhow, or in a
    build, whose notebooks are files. A second call changes nothing.
    """
    shell = _notebook()
    if shell is None or "WIDESYM_BUILD" in os.environ:
        return False
    if not isinstance(sys.stderr, Drawn):
        sys.stderr = Drawn(sys.stderr)
        shell.set_custom_exc(_TOLD, _show)
    return True


def sentence(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> str | None:
    """Return the sentence that tells an error whole, or None where the traceback is needed."""
    files = []
    while trace is not None:
        files.append(Path(trace.tb_frame.f_code.co_filename))
        trace = trace.tb_next
    ours = [PACKAGE in file.parents for file in files]
    if issubclass(kind, KeyboardInterrupt):
        return _INTERRUPTED if any(ours) else None
    # a note says in which shard it happened: that is an error of the computation, not of its caller
    if not ours or not ours[-1] or getattr(error, "__notes__", None):
        return None
    return f"{kind.__name__}: {error}"


def _notebook() -> Any:
    """Return the shell of a notebook's kernel, or None."""
    if "ipykernel" not in sys.modules:
        return None
    from IPython import get_ipython

    shell = get_ipython()
    return shell if getattr(shell, "kernel", None) is not None else None


def _show(shell: Any, kind: type, error: BaseException, trace: TracebackType, tb_offset: int | None = None):
    told = sentence(kind, error, trace)
    if told is not None:
        # IPython's hook for errors that know how to show themselves; the next to ask, %tb, gets it all
        def once() -> list[str]:
            del error._render_traceback_
            return [f"{told}\n(%tb shows where)"]

        error._render_traceback_ = once
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
