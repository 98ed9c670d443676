"""A book against an older one: are its numbers the same, and what do the changed figures look like?

- `regeneration`: the book's numbers, kept and compared, `tolerances`: how far they may move;
- `side_by_side`: the figures of two books, old beside new.
"""
