"""The executable book: pages, their execution, the scoreboard and the HTML.

A *page* is a MyST notebook under ``book/``; a *build* is one execution of all
pages under one profile and one set of changed parameters.  Here is what both consist
of and what a page shows:

- `project`: where the book lives and where a build of it goes;
- `pages`: what a page declares (parameters, claims, experiments), `prose`: what one reads of it;
- `glossary`: abbreviations, and whether the pages explain all they use, `papers`: where a claim stands;
- `scoreboard`: executed notebooks to claims to the verdict of every id, `board`: the same as HTML;
- `book_map` and `thumbnails`: the rest of the first page, `pictures`: images in as few bytes as they look;
- `library`: the modules of widesym and what they define, `launch`: Binder and Colab;
- `faults`: a full disk, a folder that cannot be written, in one sentence.

What is done with pages is in packages, in this order: `pipeline` executes them, `sphinx` makes
HTML of them, `print` a PDF of that, and `check` holds a book against an older one.

Figures and experiments know nothing of this package; it imports them, never
the other way round.
"""

import sys

# to check notebooks, nbformat loads jsonschema, which spends a second of every process on a grammar of
# addresses that no notebook has; None makes its import one that fails, and jsonschema goes on without
sys.modules.setdefault("rfc3987_syntax", None)
