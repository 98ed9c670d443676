"""Docstrings in two spellings become one markup."""

import pytest

from widesym.book.sphinx.docstrings import restructured


def first(text, kind="function"):
    return "\n".join(restructured(text, kind)).strip()


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        (r"the risk $R(\mu)$ of", r"the risk :math:`R(\mu)` of"),
        (r":math:`R(\mu)` stays", r":math:`R(\mu)` stays"),
        ("fields of `quick` and `Config.seed`", "fields of :py:obj:`quick` and :py:obj:`Config.seed`"),
        ("`name=value` words", "``name=value`` words"),
        ("``$WIDESYM_DATA`` or $HOME", "``$WIDESYM_DATA`` or $HOME"),
        (r"an $N$-fold, =$x$ and $x$s", r"an :math:`N`-fold, =\ :math:`x` and $x$s"),
        ("across\nlines $a\n+b$.", "across\nlines :math:`a +b`."),
        (
            "as it is::\n\n    echo `date` $x$\n\nand $y$",
            "as it is::\n\n    echo `date` $x$\n\nand :math:`y`",
        ),
        (".. math:: a_{$}\n    `b`", ".. math:: a_{$}\n    `b`"),
        ("so $$a = b$$ holds", "so\n\n.. math:: a = b\n\nholds"),
    ],
)
def test_mathematics_and_code(written, becomes):
    assert first(written) == becomes


def test_sections_become_fields():
    text = "Do it.\n\nArgs:\n    x: ``(N,)``.\n\nReturns:\n    A number.\n\nRaises:\n    ValueError: no."
    found = first(text)
    assert (
        ":param x: ``(N,)``." in found
        and ":returns: A number." in found
        and ":raises ValueError: no." in found
    )


def test_an_indented_block_of_a_module_is_verbatim_and_an_item_of_a_list_is_not():
    assert "\n::\n\n    a = *b*" in first("Of the form\n\n    a = *b*\n\nwhere", "module")
    assert "::" not in first("* an item\n\n    and more of it", "module")


def test_a_comment_has_no_markup():
    assert first("delta_ of *all*, |x|", "data") == r"delta\_ of \*all\*, \|x\|"
