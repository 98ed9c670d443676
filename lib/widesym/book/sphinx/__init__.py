"""From executed notebooks to HTML, with Jupyter Book's Sphinx.

- `html`: the whole step, `weight`: how large its result may be;
- `extension`: Sphinx reads ``book/X.md`` through its executed notebook, `workers`: in several processes;
- `outdated`: pages whose notebooks changed are read again;
- `claim_boxes`: what a page tests, with its verdict;
- `figure_data`: below a figure, what was run for it and its numbers;
- `run_panel`: how to run a page, `downloads`: what it offers;
- `reference`: the pages on the library, from `docstrings`, `sources` and `used`;
- `theme`: repairs of the theme, `static`: our styles and scripts.
"""
