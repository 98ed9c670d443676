"""B-S5 judged on made results: kernels drawn by a law that is known, then with one fault at a time."""

import numpy as np
import pytest

from widesym.study.experiments.finite_width import FiniteWidth, pairs, transformations
from widesym.study.findings import finite_width
from widesym.study.findings.finite_width import angle, bias, error, findings, shift, spread
from widesym.study.store import Stored

CONFIG = FiniteWidth(draws=(1000, 400, 400, 400, 400))
LIMIT = np.array([1.0, 0.0, 0.5, 1.0, 0.0, 1.0])  # of pairs (0,0), (0,1), (0,2), (1,1), (1,2), (2,2)
ALIKE = 2  # the pair (0, 2)
CHANGE = 0.2 * np.array([0, 1, -1, 0, 1, 0])


def made(*, power=1.0, shallow_bias=0.0, deep_bias=0.2, ratio=0.6, lcn_ratio=1.0, drift=0.0, **arrays):
    """A result: variance 1/(5 n), a bias of one entry, and transformations that act as they should.

    Args:
        power: of 1/n in the variance.
        shallow_bias: n times it, of one hidden layer.
        deep_bias: n times it, of FCN with more.
        ratio: of VEC's variance under pixelwise rotations.
        lcn_ratio: of LCN's.
        drift: of VEC's mean under pixelwise rotations, in units of the change under O(3d).
        arrays: in place of those of exact checks.
    """
    rng = np.random.default_rng(6)
    one, many = np.ones((5, 2, 3)), np.full((5, 2, 3), 1e-15)
    found = {"exact": many, "unmoved": 0.1 * one, "beyond": 0.1 * one} | arrays
    for model, draws in zip(CONFIG.models, CONFIG.draws, strict=True):
        for depth in CONFIG.depths_of(model):
            kinds = transformations(CONFIG, model, depth)
            limit = np.tile(LIMIT + 2, (len(kinds), 2, 1))
            for place, kind in enumerate(kinds):
                if (model, kind) in (("VEC", "rotation"), ("GAP", "pixelwise")):
                    limit[place] += CHANGE
            found[f"limit_{model}_{depth}"] = limit
            for width in CONFIG.widths_of(model):
                noise = rng.normal(size=(draws, len(limit), 2, 6)) * (width**-power / 5) ** 0.5
                noise -= noise.mean(0)  # so that means are what they were made to be
                if "pixelwise" in kinds:
                    place = kinds.index("pixelwise")
                    noise[:, place] *= {"VEC": ratio, "LCN": lcn_ratio}.get(model, 1.0) ** 0.5
                kernels = limit + noise
                own = shallow_bias if depth == 1 else deep_bias if model == "FCN" else 0.0
                kernels[..., ALIKE] += 2.5 * own / width
                if model == "VEC" and depth > 1:
                    kernels[:, 2] += drift * CHANGE
                found[f"kernels_{model}_{depth}_{width}"] = kernels.astype("float32")
    return Stored(found, {}, CONFIG)


def verdicts(stored):
    return {check.statement: check.verdict for check in findings(stored, scale="record")}


@pytest.fixture(scope="module")
def sound():
    return made()


def test_all_hold_on_a_sound_result(sound):
    found = verdicts(sound)
    assert len(found) == 19 and set(found.values()) == {"holds"}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"power": 0.4}, "NNGP: the squared error falls as $1/n$"),
        ({"power": 0.4}, "NTK: the squared error falls as $1/n$"),
        ({"power": 0.8}, "One hidden layer: exactly so"),
        ({"power": 0.4}, "the change with the same weights falls as $1/n$"),
        ({"shallow_bias": 0.5}, "One hidden layer: no bias"),
        ({"deep_bias": 0.0}, "Control: the tangent kernel of a deeper FCN has a bias"),
        ({"ratio": 1.0}, "VEC under $O(3)^d$: another variance at every width"),
        ({"lcn_ratio": 0.5}, "Control: LCN under $O(3)^d$ has the same variance"),
        ({"drift": 1.0}, "VEC under $O(3)^d$: in the mean, nothing"),
        ({"exact": np.full((5, 2, 3), 1e-11)}, "Every model, its own group"),
        ({"beyond": np.full((5, 2, 3), 1e-4)}, "Control: the next larger group"),
        ({"beyond": np.full((5, 2, 3), 1e-4)}, "Control: FCN's tangent kernel"),
        ({"unmoved": np.full((5, 2, 3), 1e-4)}, r"Control: $\theta$ in place of"),
    ],
)
def test_faults_are_found(fault, words):
    (verdict,) = (
        verdict
        for text, verdict in verdicts(made(**fault)).items()
        if text.startswith(words) or words in text
    )
    assert verdict == "fails"


def test_a_bias_that_stays_is_found(sound):
    for width in (8, 16, 32, 64):
        sound = Stored(dict(sound.arrays), {}, CONFIG)
        kernels = sound.arrays[f"kernels_FCN_3_{width}"].copy()
        kernels[..., ALIKE] += 0.5
        sound.arrays[f"kernels_FCN_3_{width}"] = kernels
    found = verdicts(sound)
    assert found["This bias falls as $1/n$"] == "fails"
    assert found["At the largest widths nearly all of the error is variance"] == "fails"


def test_groups_that_do_not_move_are_found(sound):
    arrays = dict(sound.arrays)
    for model, kind, words in (("VEC", 3, "Control: VEC under $O(3d)$"), ("GAP", 1, "Control: so does GAP")):
        kernels = arrays[f"kernels_{model}_2_64"].copy()
        kernels[:, kind] = kernels[:, 0]
        found = verdicts(Stored(arrays | {f"kernels_{model}_2_64": kernels}, {}, CONFIG))
        assert [v for text, v in found.items() if text.startswith(words)] == ["fails"]


def test_measures_by_hand(sound):
    kernels, limit = sound.arrays["kernels_VEC_2_8"].astype(float), sound.arrays["limit_VEC_2"]
    apart = kernels[0, 2, 1] - limit[2, 1]
    assert error(sound, "VEC", 2, 8, "ntk", "pixelwise")[0] == pytest.approx(
        (apart @ apart) / (limit[2, 1] @ limit[2, 1])
    )
    relative = kernels[0, 0, 0] / limit[0, 0]
    expected = relative[2] - (relative[0] + relative[5]) / 2
    assert angle(sound, "VEC", 2, 8, "nngp")[0] == pytest.approx(expected)
    v = limit[3, 0] - limit[0, 0]
    expected = (kernels[0, 1, 0] - kernels[0, 0, 0]) @ v / (v @ v)
    assert shift(sound, "VEC", 8, "nngp", "colour", "rotation")[0] == pytest.approx(expected)
    assert bias(sound, "FCN", 3, 8, "ntk")[0] == pytest.approx(0.2, abs=1e-5)
    for widths in ((64,), (8, 64)):
        assert spread(sound, "VEC", widths, "ntk", "pixelwise")[0] == pytest.approx(0.6, abs=0.08)
    # every width weighs the same
    value, _ = spread(sound, "VEC", (8, 64), "ntk", "pixelwise")
    alone = [spread(sound, "VEC", (n,), "ntk", "pixelwise")[0] for n in (8, 64)]
    assert value == pytest.approx(np.mean(alone), abs=0.02)


def test_small_results():
    config = FiniteWidth(models=("GAP",), widths=((8, 16),), depths=((2,),), draws=(10,))
    arrays = {
        "exact": np.full((1, 2, 1), 1e-15), "unmoved": np.ones((1, 2, 1)), "beyond": np.ones((1, 2, 1)),
        "limit_GAP_2": np.tile(LIMIT + 2, (2, 2, 1)),
    }  # fmt: skip
    arrays |= {f"kernels_GAP_2_{n}": np.ones((10, 2, 2, len(pairs(config)[0]))) for n in (8, 16)}
    found = finite_width.findings(Stored(arrays, {}, config))
    assert len(found) == 4  # neither rates, from two widths, nor anything of FCN and VEC
