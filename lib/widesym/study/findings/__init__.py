"""What the results say: one module an experiment, from a stored result to checks of the claims.

Kept apart from :mod:`widesym.study.experiments` so that a change of wording or of a bound does not
recompute a number.
"""
