"""The notebook that a page offers: what any reader can use, and nothing that only the book reads."""

import json

import nbformat

from widesym.book.sphinx.downloads import LARGEST, offered
from widesym.study.claims import MIME

PLOTLY = "application/vnd.plotly.v1+json"


def kept(*data):
    outputs = [nbformat.v4.new_output("display_data", data=each) for each in data]
    cell = nbformat.v4.new_code_cell("1", outputs=[*outputs, nbformat.v4.new_output("stream", text="é")])
    text = offered(nbformat.writes(nbformat.v4.new_notebook(cells=[cell])))
    made = nbformat.reads(text, as_version=4)
    nbformat.validate(made)
    assert made.cells[0].source == "1" and made.cells[0].outputs[-1].text == "é" and "é" in text
    return [set(output.data) for output in made.cells[0].outputs[:-1]]


def test_what_only_the_book_reads_is_left_out():
    figure = {
        "image/png": "AA==",
        "text/plain": "<Figure>",
        "application/vnd.widesym.figure+json": {"npz": "x"},
    }
    table = {"text/html": "<table>", "text/plain": "t", MIME: {"checks": []}}
    assert kept(figure, table) == [{"image/png", "text/plain"}, {"text/html", "text/plain"}]


def test_interactive_figure_keeps_the_form_that_a_notebook_draws():
    turning = {PLOTLY: {"data": []}, "text/html": "<div>", "text/plain": "p"}
    table = {"text/html": "<p>", "text/plain": "p"}
    assert kept(turning, table) == [{PLOTLY, "text/plain"}, {"text/html", "text/plain"}]


def test_large_picture_that_a_run_draws_again_is_left_out():
    for kind, most in (("image/png", LARGEST["image/"]), ("text/html", LARGEST["text/html"])):
        small, large = "A" * most, "A" * (most + 1)
        assert kept({kind: small, "text/plain": "p"}, {kind: large, "text/plain": "p"}) == [
            {kind, "text/plain"},
            {"text/plain"},
        ]
        assert kept({kind: large}) == [{kind}]


def test_output_that_has_no_other_form_stays():
    assert kept({MIME: {"checks": []}}) == [{MIME}]
    assert json.loads(offered('{"cells": []}')) == {"cells": []}
