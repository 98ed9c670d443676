"""The executable book: pages, their execution, the scoreboard and the HTML.

A *page* is a MyST notebook under ``book/``; a *build* is one execution of all
pages under one profile and one set of changed parameters.  The modules follow
the way of a page through a build:

- `project`: where the book lives and where a build of it goes;
- `pages`: what a page declares (parameters, claims, experiments), `prose`: what one reads of it;
- `keys`: what an executed page depends on, as a digest;
- `compilation`: machine code, compiled once for all processes of a build;
- `part`: one part of a computation as a job, `underway`: what another process computes;
- `execute`: page to executed notebook, published atomically;
- `glossary`: abbreviations, and whether the pages explain all they use;
- `pictures`: the images of a notebook, in as few bytes as they look;
- `scoreboard`: executed notebooks to claims to the verdict of every id;
- `board`: the scoreboard as HTML, `book_map` and `thumbnails`: the rest of the first page;
- `claim_boxes`: what a page tests, with its verdict, `papers`: where that stands;
- `figure_data`: below a figure, what was run for it and its numbers;
- `run_panel`: how to run a page, `downloads`: what it offers, `launch`: Binder and Colab;
- `reference`: the pages on the library, from `library`, `docstrings`, `sources` and `used`;
- `extension`: Sphinx reads ``book/X.md`` through its executed notebook, `theme`: repairs of the theme;
- `html`: executed notebooks to HTML, `weight`: how large that may be;
- `pdf`: the HTML as one PDF, by a `browser`;
- `workflow`: the order of all that, under Snakemake;
- `freshness`: time stamps put right where the contents know better, `outdated`: the same for Sphinx;
- `jobs`: the processes of a build, ended when nobody waits for them;
- `cluster`: what a user says of one, `plan`: what a build will cost, `logs`: what became of its jobs;
- `regeneration`: the book's numbers, kept and compared, `tolerances`: how far they may move;
- `side_by_side`: the figures of two books, old beside new;
- `faults`: a full disk, a folder that cannot be written, in one sentence.

Figures and experiments know nothing of this package; it imports them, never
the other way round.
"""
