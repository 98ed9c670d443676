"""What a figure's output carries in a build, read back without the module that wrote it."""

import base64
import dataclasses
import io
import json

import matplotlib.pyplot as plt
import numpy as np
import plotly.graph_objects as go
import pytest

from widesym.figures import enclosure
from widesym.figures.enclosure import MIME, as_npz, scale_of
from widesym.figures.interactive import Interactive
from widesym.figures.style import style
from widesym.study.experiments import get
from widesym.study.store import Stored, load_record


@dataclasses.dataclass(frozen=True)
class Config:
    sizes: tuple[int, ...] = (5, 10)
    seed: int = 3
    source: str = "synthetic"


def result(key="0123456789abcdef", **arrays):
    arrays = arrays or {"errors": np.linspace(0, 1, 4), "count": 7}
    provenance = {"experiment": "toy.widths", "profile": "quick", "key": key, "commit": "abc"}
    return Stored(arrays, provenance, Config())


@pytest.fixture(autouse=True)
def in_a_build(monkeypatch, tmp_path):
    monkeypatch.setenv("WIDESYM_BUILD", str(tmp_path))
    monkeypatch.setattr(enclosure, "_SENT", set())


def drawn(*results):
    with style(*results):
        fig, ax = plt.subplots()
        ax.plot([1, 2], [3, 4], label="a line")
    return fig


def loaded(source):
    return np.load(io.BytesIO(base64.b64decode(source["npz"])))


def test_a_figure_carries_its_data_and_its_results():
    payload = drawn(result())._repr_mimebundle_()[MIME]
    json.dumps(payload)  # goes into a notebook
    assert payload["csv"].endswith("1,a line,line,1,3\n1,a line,line,2,4\n")
    (source,) = payload["sources"]
    assert source["config"] == [("sizes", [5, 10]), ("seed", 3), ("source", "synthetic")]
    assert (source["name"], source["profile"], source["scale"]) == ("toy.widths-01234567", "quick", "live")
    assert source["source"] == "synthetic family"
    arrays = loaded(source)
    np.testing.assert_array_equal(arrays["errors"], np.linspace(0, 1, 4))
    assert arrays["count"] == 7
    header = json.loads(str(arrays["header"]))
    assert header["provenance"]["commit"] == "abc" and header["provenance"]["config"]["sizes"] == [5, 10]


def test_results_in_mappings_absent_and_repeated():
    one, other = result("1" * 16), result("2" * 16)
    payload = drawn({"plain": one, "silent": other}, None, one)._repr_mimebundle_()[MIME]
    assert [source["name"][-8:] for source in payload["sources"]] == ["1" * 8, "2" * 8]


def test_a_result_is_carried_once_a_page():
    stored = result()
    first, second = (drawn(stored)._repr_mimebundle_()[MIME]["sources"][0] for _ in range(2))
    assert "npz" in first and "npz" not in second and first["name"] == second["name"]


def test_a_page_run_by_hand_has_pictures_only(monkeypatch):
    monkeypatch.delenv("WIDESYM_BUILD")
    assert drawn(result())._repr_mimebundle_() == {}


def test_large_arrays_stay_behind_and_the_header_says_so():
    noise = np.random.default_rng(0).normal(size=5000)
    stored = result(noise=noise, small=np.arange(3))
    arrays = np.load(io.BytesIO(as_npz(stored, limit=20_000)))
    assert set(arrays.files) == {"header", "small"}
    header = json.loads(str(arrays["header"]))
    assert header["left_out"] == {"noise": [5000]}
    assert header["left_out_because"].endswith("widesym compute toy.widths --profile quick")
    assert set(np.load(io.BytesIO(as_npz(stored))).files) == {"header", "noise", "small"}


def test_where_left_out_arrays_are_depends_on_the_result():
    def because(stored):
        header = json.loads(str(np.load(io.BytesIO(as_npz(stored, limit=0)))["header"]))
        return header["left_out_because"]

    assert because(load_record(get("synergy.width"))).endswith(
        "they are in records/synergy.width.npz of the book's source"
    )
    changed = result()
    changed.provenance["profile"] = "quick with seed=4"
    assert because(changed).endswith("widesym compute toy.widths --profile quick, and seed=4")


def test_equal_numbers_give_equal_files():
    assert as_npz(result()) == as_npz(result())


def test_a_record_is_told_from_a_run():
    record = load_record(get("synergy.width"))
    assert scale_of(record) == "record"
    run = Stored(record.arrays, {**record.provenance, "key": "f" * 32}, record.config)
    assert scale_of(run) == "live" and scale_of(result()) == "live"


def test_an_interactive_figure_carries_the_points_of_every_frame():
    cloud = go.Scatter3d(x=[1, 2], y=[3, 4], z=[5, 6], name="cloud")
    frame = go.Frame(name="0.5", data=[go.Scatter3d(x=[7], y=[8], z=[9])], traces=[0])
    shown = Interactive(go.Figure([cloud], frames=[frame]), "Points.", results=(result(),))
    payload = shown._repr_mimebundle_()[MIME]
    assert payload["csv"].splitlines() == [
        "series,mark,x,y,z",
        "cloud,point,1,3,5",
        "cloud,point,2,4,6",
        '"cloud, frame 0.5",point,7,8,9',
    ]
    assert len(payload["sources"]) == 1
