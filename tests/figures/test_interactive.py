"""Interactive figures: what a notebook, a book and a reader without scripts get."""

import json
import re

import numpy as np
import plotly.graph_objects as go
import pytest

from widesym.figures.interactive import MARK, MIME, Interactive, layout, rounded

ALT = 'A line </script> of "two" points & more.'


@pytest.fixture
def shown():
    return Interactive(
        go.Figure(go.Scatter(x=[0, 1], y=[2, 3], name="</script>"), layout()), ALT, height="20rem"
    )


def test_each_reader_gets_a_type_it_can_show(shown):
    bundle = shown._repr_mimebundle_()
    assert set(bundle) == {MIME, "text/html", "text/plain"}
    assert bundle["text/plain"] == ALT
    assert bundle[MIME]["data"][0]["y"] == [2, 3] and json.dumps(bundle)


def test_the_html_holds_the_same_figure_and_nothing_from_elsewhere(shown):
    text = shown.html()
    (data,) = re.findall(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)
    assert json.loads(data) == shown.json()  # the name of the trace does not end the element
    assert text.count("<script") == 1 and "http" not in text and "src=" not in text
    assert text.startswith(f'<div class="{MARK}" role="figure" aria-label="A line &lt;/script&gt;')
    assert "<noscript>" in text and "--height: 20rem" in text


def test_a_figure_takes_the_width_of_its_column(shown):
    assert "width" not in shown.json()["layout"] and shown.json()["layout"]["autosize"]
    with pytest.raises(ValueError, match="width of 700"):
        Interactive(go.Figure(layout={"width": 700}), ALT)
    with pytest.raises(ValueError, match="needs alt"):
        Interactive(go.Figure(), " ")


def test_numbers_are_rounded_and_stay_plain_lists():
    values = np.array([0.123456, -1.0, 2e-9], np.float32)
    assert rounded(values) == [0.1235, -1.0, 0.0]
    trace = go.Figure(go.Scatter3d(x=rounded(values))).to_dict()["data"][0]["x"]
    assert json.loads(go.Figure(go.Scatter3d(x=rounded(values))).to_json())["data"][0]["x"] == list(trace)
