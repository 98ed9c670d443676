"""Keys: what makes a page run again, and what does not."""

import json

import pytest

from widesym.book import library, pages
from widesym.book.pipeline import keys
from widesym.book.project import Build, Project
from widesym.study.configs import configure, parse_changes
from widesym.study.experiments import get


@pytest.fixture
def digest(tiny_book):
    """The digest of page "one" as it is when called."""

    def now(profile="default", **changes):
        build = Build(Project(tiny_book.root), profile, changes)
        page = pages.find_page(pages.discover(build.project), "one")
        return keys.write(build, page, keys.computations(page, build))

    return now


def test_key_is_stable_and_its_file_is_left_alone(tiny_book, digest):
    first = digest()
    path = tiny_book.build("keys", "one.json")
    before = path.stat().st_mtime_ns
    assert digest() == first == json.loads(path.read_text())["digest"]
    assert path.stat().st_mtime_ns == before


def test_key_follows_text_profile_and_changes(tiny_book, digest):
    tiny_book.page("one", ["pass"], parameters="seed = 0")
    found = {digest(), digest("quick"), digest(seed=1)}
    tiny_book.page("one", ["pass # "], parameters="seed = 0")
    assert len(found | {digest()}) == 4


def test_key_ignores_parameters_of_other_pages(digest):
    assert digest(level=3) == digest()


def test_key_follows_the_register_only_for_the_pages_ids(tiny_book, digest):
    tiny_book.page("one", ["pass"], ids="A-S1")
    first = digest()
    register = tiny_book.root / "book" / "claims.yml"
    register.write_text(register.read_text().replace("title: Claim A-S2", "title: Another"))
    assert digest() == first
    register.write_text(register.read_text().replace("title: Claim A-S1", "title: Another"))
    assert digest() != first


def test_key_follows_the_record(tiny_book, digest):
    tiny_book.page("one", ["pass"], experiments="meanfield.strong-start")
    project = Project(tiny_book.root)
    assert keys._record(project, "meanfield.strong-start") == {}
    project.records.mkdir()
    (project.records / "meanfield.strong-start.json").write_text("{}")
    first = keys._record(project, "meanfield.strong-start")
    (project.records / "meanfield.strong-start.json").write_text("{ }")
    assert keys._record(project, "meanfield.strong-start") != first


def test_modules_of_a_page_are_followed_into_packages():
    found = keys.library_modules(
        "import numpy\nfrom widesym.study import configure\nfrom widesym.book.pages import discover\n"
        "from widesym.book.pipeline import keys as other\n"
    )
    assert {
        "widesym.study.configs",
        "widesym.study.store",
        "widesym.book.pages",
        "widesym.book.pipeline.keys",
    } <= set(found)
    assert "widesym.book.pipeline.execute" not in found and "numpy" not in found


def test_variants_of_an_experiment_are_computations_of_its_page(tiny_book):
    tiny_book.page("one", ["pass"], parameters="seed = 5", experiments="synergy.network-table")
    build = Build(Project(tiny_book.root), "quick")
    page = pages.find_page(pages.discover(build.project), "one")
    experiment = get("synergy.network-table")
    found = keys.computations(page, build)
    config = configure(experiment, "quick", seed=5)
    assert [each.config for each in found] == [config, *experiment.variants(config).values()]
    assert len({each.name for each in found}) == len(found) == 4
    for each in found:  # the command computes just this
        _, name, _, profile, _, _, *words = each.arguments
        assert (name, profile) == (experiment.name, "quick") and set(words[::2]) == {"--set"}
        assert configure(experiment, "quick", **parse_changes(experiment, words[1::2])) == each.config


def test_unknown_experiment_is_refused_by_page(tiny_book, digest):
    tiny_book.page("one", ["pass"], experiments="meanfield.strong-stort")
    with pytest.raises(
        ValueError, match="page one: unknown experiment.*did you mean 'meanfield.strong-start'"
    ):
        digest()


def test_a_file_that_the_page_reads_counts_and_only_then(tiny_book, digest):
    words = tiny_book.root / "book" / "words.yml"
    words.write_text("one")
    before = digest()
    words.write_text("two")
    assert digest() == before
    tiny_book.page("one", ["pass"], reads="words.yml")
    read = digest()
    words.write_text("three")
    assert digest() != read


def test_the_books_key_follows_what_its_pages_on_the_library_show(tiny_book, monkeypatch):
    build = Build(Project(tiny_book.root))
    package = tiny_book.root / "lib" / "widesym"
    monkeypatch.setattr(library, "PACKAGE", package)

    def book():
        return keys.write_book(build, pages.discover(build.project))

    module = package / "tiny.py"
    before = book()
    module.write_text(module.read_text().replace("A value.", "Another value."))
    assert book() == before  # no page shows it
    page = build.project.book / "library.md"
    page.write_text("# Tiny\n\n```{eval-rst}\n.. library:: widesym.tiny\n```\n")
    shown = book()
    module.write_text(module.read_text().replace("Another value.", "A value."))
    assert book() != shown


def test_a_pattern_that_no_file_fits_is_refused(tiny_book, digest):
    tiny_book.page("one", ["pass"], reads="wurds.yml")
    with pytest.raises(ValueError, match="page one: reads 'wurds.yml', but no file under book/ fits it"):
        digest()
