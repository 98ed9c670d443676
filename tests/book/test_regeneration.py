"""Kept numbers: written, read back, and compared; those in records/ fit the register and the tolerances."""

import dataclasses
import json

import pytest

from widesym.book.check import regeneration
from widesym.book.check.tolerances import Tolerance, load_tolerances, tolerance_for
from widesym.book.project import Build, Project, find_project
from widesym.study.claims import Check, load_register, scoreboard, surprises

REAL = find_project()
ALL = [Tolerance("all", "so", "relative", 0.01)]
CHECK = Check("A-S1", r"$\|x\|$ is small | as it should", "≤ 2", "1", 1.0, (0.5, 1.5), "holds", "live")


def changed(**fields):
    return dataclasses.replace(CHECK, **fields)


def state(old, new):
    (pair,) = regeneration.compare([old] if old else [], [new] if new else [], ALL)
    return pair.state


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (CHECK, CHECK, "same"),
        (CHECK, changed(value=1.005, measured="1.005"), "within"),
        (CHECK, changed(value=1.05), "moved"),
        (CHECK, changed(verdict="inconclusive"), "verdict"),
        (CHECK, changed(verdict="fails", value=3.0), "verdict"),
        (CHECK, changed(rule="≤ 3"), "rule"),
        (None, CHECK, "new"),
        (CHECK, None, "gone"),
    ],
)
def test_state_of_a_pair_and_whether_it_is_news(old, new, expected):
    assert state(old, new) == expected
    pairs = regeneration.compare([old] if old else [], [new] if new else [], ALL)
    assert bool(regeneration.news(pairs)) == (expected not in ("same", "within"))


def test_checks_meet_by_claim_scale_and_statement():
    old = [CHECK, changed(scale="record", value=2.0), changed(statement="other", value=3.0)]
    pairs = regeneration.compare(old, reversed(old), ALL)
    assert [pair.state for pair in pairs] == ["same"] * 3
    renamed = regeneration.compare([CHECK], [changed(statement="other")], ALL)
    assert sorted(pair.state for pair in renamed) == ["gone", "new"]


def test_kept_numbers_are_read_back_sorted_and_one_a_line(tmp_path):
    build = Build(Project(tmp_path))
    later, earlier = changed(id="A-F10", value=1 / 3, interval=(1 / 7, 2 / 3)), changed(id="A-F2")
    path = regeneration.keep(build, [later, earlier])
    checks, origin = regeneration.kept(build.project, "default")
    assert [check.id for check in checks] == ["A-F2", "A-F10"]
    assert (checks[1].value, checks[1].interval) == (0.333333, (0.142857, 0.666667))
    assert {"commit", "clean", "python", "versions", "machine"} == set(origin)
    assert sum("A-F" in line for line in path.read_text("utf-8").splitlines()) == 2
    regeneration.keep(build, [earlier, later])
    assert regeneration.kept(build.project, "default")[0] == checks


def test_nothing_to_keep_nothing_kept_and_a_damaged_record_are_told(tmp_path):
    build = Build(Project(tmp_path))
    with pytest.raises(ValueError, match="has no checks to keep"):
        regeneration.keep(build, [])
    with pytest.raises(ValueError, match="no kept numbers.*widesym keep --profile default"):
        regeneration.kept(build.project, "default")
    path = regeneration.keep(build, [CHECK])
    path.write_text(path.read_text("utf-8").replace('"rule"', '"rules"'))
    with pytest.raises(ValueError, match="is no record of a book.*restore it"):
        regeneration.kept(build.project, "default")


def test_table_says_what_moved_how_far_and_shows_every_check():
    pairs = regeneration.compare([CHECK, changed(id="A-S2")], [CHECK, changed(id="A-S2", value=2.0)], ALL)
    text = regeneration.markdown(
        pairs, {"commit": "0123456789abcdef", "machine": "a machine"}, ["A-S3: fails"]
    )
    table, everything = text.split("<details>")
    assert "2 checks against their record: 1 same, 1 moved (commit 0123456789, a machine)" in table
    assert "- A-S3: fails" in table
    assert "| moved | A-S2 | live |" in table and "| 0.5 of 0.01 (all) |" in table and "A-S1" not in table
    assert "| same | A-S1 | live |" in everything and "| moved | A-S2 |" in everything
    rows = [line for line in text.splitlines() if line.startswith("|")]
    # a bar in the text would end a cell
    assert {row.replace(r"\|", "").count("|") for row in rows} == {8}
    assert r"$\Vert x\Vert $ is small \| as" in text
    first, second = regeneration.lines(regeneration.news(pairs))
    assert first.split()[:3] == ["moved", "A-S2", "live"] and "→" in second and "0.5 of 0.01 (all)" in second


def test_kept_numbers_of_the_book_hold_what_the_register_says():
    checks, _ = regeneration.kept(REAL, "default")
    rows = scoreboard(load_register(REAL.register), checks)
    assert surprises(rows) == []
    judged = {row.claim.id for row in rows if row.checks}
    assert judged == {row.claim.id for row in rows if row.claim.page is not None}
    assert len({(check.id, check.scale, check.statement) for check in checks}) == len(checks)


def test_each_tolerance_of_the_book_is_for_some_check():
    checks, _ = regeneration.kept(REAL, "default")
    tolerances = load_tolerances(regeneration.tolerances_path(REAL))
    used = {tolerance_for(tolerances, check).name for check in checks}
    assert used == {tolerance.name for tolerance in tolerances}


def test_check_and_keep_from_the_command_line(tiny_book):
    (tiny_book.root / "records").mkdir()
    path = tiny_book.root / "records" / "tolerances.yml"
    path.write_text("- {name: all, reason: so, measure: relative, limit: 0.01}\n")
    early = tiny_book.run("check")
    assert early.returncode == 2 and early.stderr.count("\n") == 1 and "widesym keep" in early.stderr
    assert not (tiny_book.root / "build").exists()  # told before anything is computed
    kept = tiny_book.run("keep", "--cores", "2")
    assert kept.returncode == 0, kept.stderr
    assert tiny_book.run("check").returncode == 0
    module = tiny_book.root / "lib" / "widesym" / "tiny.py"
    module.write_text(module.read_text().replace("0.5", "0.75"))
    moved = tiny_book.run("check")
    assert moved.returncode == 1
    assert (
        "moved    A-S1" in moved.stdout and "2 checks against their record: 1 same, 1 moved" in moved.stdout
    )
    assert "| moved | A-S1 | live |" in tiny_book.build("check.md").read_text("utf-8")
    module.write_text(module.read_text().replace("0.75", "2.0"))
    failed = tiny_book.run("check", "--all")
    assert failed.returncode == 1
    assert "A-S1, small: fails; find out why" in failed.stdout and "same     A-S2" in failed.stdout
    record = tiny_book.root / "records" / "book.default.json"

    def values():
        return [check["value"] for check in json.loads(record.read_text("utf-8"))["checks"]]

    assert values() == [0.5, 0.25]
    # kept, it moves no more, and fails all the same
    assert tiny_book.run("keep", "--cores", "2").returncode == 0 and values() == [2.0, 0.25]
    known = tiny_book.run("check")
    assert known.returncode == 1 and "2 same" in known.stdout and "A-S1, small: fails" in known.stdout
