"""Figures: one function a figure, from a stored result to a matplotlib figure, in one style."""
