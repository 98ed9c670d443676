"""What one reads of a page: prose of nested fences and captions, and nothing of code."""

import pytest

from widesym.book.prose import read

CELL = """```{code-cell} ipython3
---
mystnb:
  figure:
    name: fig-one
    caption: |
      Under EA.
  image:
    alt: A line.
tags: [hide-input]
---
figure("CODE")
```"""


def words(text):
    return read(text).split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("---\ntitle: ABC\n---\nprose", "prose"),
        ("```{code-cell} ipython3\nDA = 1\n```\nFA", "FA"),
        ("```{code-cell} ipython3\n:tags: [hide]\n\nDA = 1\n```\nFA", "FA"),
        ("```python\nDA\n```\nFA", "FA"),
        ("```\nDA\n```\nFA", "FA"),
        ("```{toctree}\nDA\n```\nFA", "FA"),
        ("```{prf:theorem} On EA\n:label: thm-x\n\nby RMD\n```\nFA", "On EA by RMD FA"),
        # a theorem, a block after it and another theorem: every closing fence closes its own
        ("```{prf:proof}\nA\n```\nB\n```{code-cell}\nC\n```\nD\n```{prf:proof}\nE\n```\nF", "A B D E F"),
        ("````{prf:theorem} On EA\n```{math}\nQQ\n```\nby RMD\n````\nFA", "On EA $$ QQ $$ by RMD FA"),
        ("````{note}\n```{code-cell}\nDA\n```\nby RMD\n````\nFA", "by RMD FA"),
        ("````md\n```\nDA\n```\n````\nFA", "FA"),
        (CELL + "\nFA", "Under EA. A line. FA"),
        ("a `b` {cite}`MF` $x$", "a `b` {cite}`MF` $x$"),
    ],
)
def test_what_one_reads(text, expected):
    assert words(text) == expected.split()
