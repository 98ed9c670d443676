import dataclasses
import subprocess
import sys

import pytest

from widesym.study import experiments


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": "StrongStart"}, "must be family.name in lower case"),
        ({"ids": ("F1",)}, "must look like 'A-F1'"),
        ({"ids": ("A-Q1",)}, "must look like 'A-F1'"),
        ({"profiles": {}}, "profiles must be exactly"),
        ({"config_type": dict}, "must be a frozen dataclass"),
    ],
)
def test_a_malformed_experiment_is_refused(toy, change, expected):
    with pytest.raises(ValueError, match=expected):
        dataclasses.replace(toy.EXPERIMENT, **change)


def test_a_profile_of_another_type_is_refused(toy):
    profiles = {**toy.EXPERIMENT.profiles, "quick": {"sizes": (2,)}}
    with pytest.raises(ValueError, match="profile 'quick' must be a ToyConfig, got dict"):
        dataclasses.replace(toy.EXPERIMENT, profiles=profiles)


def test_a_config_that_can_change_is_refused(toy):
    loose = dataclasses.make_dataclass("Loose", ["seed"])
    with pytest.raises(ValueError, match="must be a frozen dataclass"):
        dataclasses.replace(toy.EXPERIMENT, config_type=loose)


def test_a_field_that_configure_could_not_take_is_refused(toy):
    clash = dataclasses.make_dataclass("Clash", ["profile"], frozen=True)
    with pytest.raises(ValueError, match=r"must not have a field named \['profile'\]"):
        dataclasses.replace(toy.EXPERIMENT, config_type=clash)


def test_every_listed_experiment_is_the_one_of_its_name():
    for name in experiments.names():
        assert experiments.get(name).name == name


def test_an_unknown_experiment_is_refused_with_the_valid_names(monkeypatch):
    monkeypatch.setattr(experiments, "_modules", lambda: {"toy.powers": "toylab", "toy.sums": "sums"})
    with pytest.raises(
        ValueError, match=r"unknown experiment 'toy\.power'; did you mean 'toy\.powers'\? valid"
    ):
        experiments.get("toy.power")


def test_names_are_read_from_the_sources(tmp_path, monkeypatch):
    monkeypatch.setattr(experiments, "_FOLDER", tmp_path)
    source = 'raise ImportError\nEXPERIMENT = Experiment(name="{}", ids=())\n'
    (tmp_path / "one.py").write_text(source.format("toy.one"))
    (tmp_path / "two.py").write_text(source.format("toy.two"))
    (tmp_path / "__init__.py").write_text("")
    assert experiments.names() == ("toy.one", "toy.two")
    (tmp_path / "three.py").write_text(source.format("toy.two"))
    with pytest.raises(ValueError, match=r"two\.py and three\.py both define experiment 'toy\.two'"):
        experiments.names()


def test_a_module_without_an_experiment_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(experiments, "_FOLDER", tmp_path)
    (tmp_path / "helper.py").write_text("name = 'toy.one'\nEXPERIMENT = Experiment(name=name)\n")
    with pytest.raises(ValueError, match=r"helper\.py must define EXPERIMENT"):
        experiments.names()


def test_listing_names_imports_nothing_heavy():
    code = (
        "import sys; from widesym.study import experiments; experiments.names(); "
        "sys.exit(bool({'jax', 'numpy', 'numba', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_public_name_can_be_fetched():
    from widesym import study

    for name in study.__all__:
        assert getattr(study, name) is not None
        assert name in dir(study)
    with pytest.raises(AttributeError, match="no attribute 'lod_or_run'"):
        study.lod_or_run  # noqa: B018
