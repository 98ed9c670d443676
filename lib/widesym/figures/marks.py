"""Marks: the words by which the book finds a figure in a page; nothing is imported to know them."""

MARK = "widesym-interactive"  # the HTML class of an interactive figure
MIME = "application/vnd.widesym.figure+json"  # the type of what a figure's output carries for the book
