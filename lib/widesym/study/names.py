"""Names that a user may mistype, and what an error says about them.

Kept apart because the list of experiments needs it: what that list imports counts as code that every
experiment depends on.
"""

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, valid: Iterable[str]) -> str:
    """Return the sentence that ends an unknown-name error: the nearest name, then all valid ones."""
    names = list(valid)
    near = difflib.get_close_matches(str(name), names, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{hint}valid: {', '.join(names) if names else '(none)'}"
