r"""The browser: where Chromium is on this machine, and a page that has come to rest.

The book is printed and tested by a Chromium that is there already: the one that
``WIDESYM_CHROMIUM`` names, else one on the path, else where macOS keeps it, else
Playwright's own.  Nothing is downloaded.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "WIDESYM_CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
# figures that turn need WebGL, which a machine without a graphics card has in software only
_OPTIONS = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
# fonts, images, mathematics and figures are there; each step is what the page itself waits for
_SETTLED = """async () => {
  const mathematics = document.querySelector('script[src*="tex-chtml"]');
  while (mathematics && !window.MathJax?.startup?.promise) await new Promise(go => setTimeout(go, 20));
  await window.MathJax?.startup?.promise;
  const images = [...document.images];
  for (const image of images) image.loading = "eager";
  await Promise.all(images.map(image => image.decode().catch(() => null)));
  const undrawn = ".widesym-interactive:not(.widesym-interactive-drawn)";
  while (window.Plotly && document.querySelector(undrawn)) await new Promise(go => setTimeout(go, 20));
  await document.fonts.ready;
  // the page's own scripts answer to what was drawn last: two frames later they have
  for (const frame of [1, 2]) await new Promise(requestAnimationFrame);
}"""


def find() -> Path:
    """Return the path of a Chromium or Chrome.

    Raises ``ValueError`` when ``WIDESYM_CHROMIUM`` names no program, or none is found.
    """
    named = os.environ.get(VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None:
            raise ValueError(f"{VARIABLE} is {named!r}, which is no program: name Chromium's, or unset it")
        return Path(found)
    for name in (*_NAMES, *_PLACES):
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    own = _playwrights_own()
    if own is not None:
        return own
    raise ValueError(
        f"no Chromium found (looked for {', '.join(_NAMES)}): install one, as with "
        f"'apt-get install chromium' or 'playwright install chromium', or name it in {VARIABLE}"
    )


def _playwrights_own() -> Path | None:
    # imported here and below: half a second that other commands need not wait for
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return own if own.is_file() else None


@contextlib.contextmanager
def launched() -> Iterator:
    """Start Chromium without a window; the browser of Playwright's synchronous interface.

    Raises ``ValueError`` as ``find`` does, ``ChildProcessError`` when Chromium does not do what is asked.
    """
    program = find()
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=program, args=list(_OPTIONS))
            yield browser
            browser.close()
        except Error as error:
            raise ChildProcessError(f"{program} failed: {error.message.splitlines()[0]}") from error


def settle(page, seconds: float = 60.0) -> None:
    """Wait until a page's fonts, images, mathematics and interactive figures are drawn.

    Raises ``TimeoutError`` naming the page when they are not within ``seconds``.
    """
    late = f"new Promise(go => setTimeout(go, {1e3 * seconds:.0f}))"
    if not page.evaluate(f"Promise.race([({_SETTLED})().then(() => true), {late}])"):
        raise TimeoutError(f"{page.url} is not drawn after {seconds:.0f} s")
