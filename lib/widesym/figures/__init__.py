"""Figures: one function a figure, from a stored result to a matplotlib figure, in one style.

Pages draw, so a notebook that somebody opened meets the library here: see `widesym.study.notebooks`.
"""

from widesym.study import notebooks

notebooks.prepare()
