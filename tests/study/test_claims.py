import dataclasses
import json
import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from widesym.study import claims
from widesym.study.claims import Check, ClaimTable, at_least, at_most, judge, not_run, within

# Every id that the two papers' plan names, spelled out: this list is the specification.
IDS = """
A-S1 A-S2 A-S3 A-S4 A-S5 A-S6 A-S7 A-S8 A-S9
A-F1 A-F2 A-F3 A-F4 A-F5
A-T1
A-X1 A-X2 A-X3 A-X4
B-S1 B-S2 B-S3 B-S4 B-S5 B-S6 B-S7
B-F1 B-F2 B-F3 B-F4 B-F5 B-F6 B-F7 B-F8 B-F9 B-F10 B-F11
B-T1
B-X1 B-X2 B-X3 B-X4
""".split()

FINITE = st.floats(-1e6, 1e6)


def check(verdict="holds", id="A-F1", **changes):
    fields = {"statement": "It falls.", "rule": "≥ 1", "measured": "2", "value": 2.0, "interval": None}
    return Check(**{**fields, "id": id, "verdict": verdict, "scale": "live", **changes})


def test_the_register_has_every_id_in_order():
    assert [claim.id for claim in claims.load_register()] == IDS


def test_pages_that_are_named_have_the_form_of_a_page():
    pages = {claim.id: claim.page for claim in claims.load_register()}
    assert pages["A-F1"] == "meanfield/rmd-strong-start"


@pytest.mark.parametrize(
    ("value", "interval", "verdict"),
    [
        (2.0, None, "holds"), (1.0, None, "holds"), (0.999, None, "fails"),
        (2.0, (1.0, 3.0), "holds"), (2.0, (0.9, 3.0), "inconclusive"), (0.5, (0.1, 1.1), "inconclusive"),
        (0.5, (0.1, 0.99), "fails"), (0.5, (0.1, 1.0), "inconclusive"),
    ],
)  # fmt: skip
def test_at_least(value, interval, verdict):
    assert at_least("A-F1", "s", value, 1.0, interval=interval).verdict == verdict
    flipped = None if interval is None else (-interval[1], -interval[0])
    assert at_most("A-F1", "s", -value, -1.0, interval=flipped).verdict == verdict


@pytest.mark.parametrize(
    ("value", "interval", "verdict"),
    [
        (1.5, None, "holds"), (0.9, None, "fails"), (2.1, None, "fails"),
        (1.5, (1.0, 2.0), "holds"), (1.5, (0.5, 2.5), "inconclusive"), (1.5, (0.9, 1.7), "inconclusive"),
        (1.5, (1.2, 2.1), "inconclusive"), (2.5, (2.1, 3.0), "fails"), (0.5, (0.1, 0.9), "fails"),
    ],
)  # fmt: skip
def test_within(value, interval, verdict):
    assert within("A-F1", "s", value, 1.0, 2.0, interval=interval).verdict == verdict


@given(FINITE, FINITE, FINITE, FINITE)
def test_a_verdict_on_an_interval_is_what_all_its_points_say(low, high, lower, upper):
    low, high = sorted((low, high))
    lower, upper = sorted((lower, upper))
    points = {
        judge(p, lower=lower, upper=upper)
        for p in (low, high, *(q for q in (lower, upper) if low <= q <= high))
    }
    verdict = judge(low, lower=lower, upper=upper, interval=(low, high))
    if verdict == "inconclusive":
        assert low < lower or high > upper
        assert "holds" in points
    else:
        assert points == {verdict}


@given(FINITE, FINITE, st.floats(0, 1e6), st.floats(0, 1e6))
def test_more_uncertainty_never_decides(value, bound, near, far):
    near, far = sorted((near, far))
    narrow = judge(value, lower=bound, interval=(value - near, value + near))
    wide = judge(value, lower=bound, interval=(value - far, value + far))
    assert wide in (narrow, "inconclusive")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_no_verdict(value):
    with pytest.raises(ValueError, match="A-F1: the measured value is .*which no rule can judge"):
        at_least("A-F1", "s", value, 1.0)
    with pytest.raises(ValueError, match="which no rule can judge"):
        at_least("A-F1", "s", 1.0, 1.0, interval=(0.0, value))


@pytest.mark.parametrize("interval", [(2.0, 1.0), (1.0,), (1.0, 2.0, 3.0)])
def test_a_wrong_interval_is_refused(interval):
    with pytest.raises(ValueError, match="an interval must be"):
        within("A-F1", "s", 1.0, 0.0, 2.0, interval=interval)


def test_bounds_the_wrong_way_round_are_refused():
    with pytest.raises(ValueError, match="lower must not exceed upper"):
        within("A-F1", "s", 1.0, 2.0, 0.0)


def test_texts_are_made_from_the_numbers_unless_given():
    made = within("A-F1", "s", 0.09312, 0.08, 0.14, interval=(0.09, 0.1), scale="record")
    assert (
        made.rule == "from 0.08 to 0.14" and made.measured == "0.0931 [0.09, 0.1]" and made.scale == "record"
    )
    given_texts = at_most("A-F1", "s", 1.0, 2.0, rule="below two", measured="one")
    assert (given_texts.rule, given_texts.measured) == ("below two", "one")
    unjudged = not_run("B-F2", "s", "needs CIFAR-10 at 32×32")
    assert unjudged.verdict == "not run at this scale" and unjudged.value is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": "F1"}, "id must look like"),
        ({"id": None}, "id must look like"),
        ({"verdict": "hold"}, "unknown verdict 'hold'; did you mean 'holds'"),
        ({"scale": "paper"}, "unknown scale 'paper'"),
        ({"statement": " "}, "statement must be a non-empty text"),
        ({"measured": 3}, "measured must be a non-empty text"),
        ({"rule": "$x"}, "rule has an odd number of dollar signs"),
    ],
)
def test_a_malformed_check_is_refused(changes, expected):
    with pytest.raises(ValueError, match=expected):
        check(**changes)


def test_the_table_as_html_text_and_json():
    table = ClaimTable([check(statement="$a<b$ & <b>no tag</b>"), check("fails", scale="record")])
    bundle = table._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain", "application/vnd.widesym.claims+json"}
    page = bundle["text/html"]
    assert r'<span class="math notranslate nohighlight">\(a&lt;b\)</span> &amp; &lt;b&gt;no tag' in page
    assert "✓ holds" in page and "✗ fails" in page and page.count("<tr>") == 3
    assert bundle["text/plain"].splitlines()[1].startswith("A-F1  ✗ fails (record): It falls.")
    payload = json.loads(json.dumps(bundle["application/vnd.widesym.claims+json"]))
    assert claims.checks_from_json(payload) == table.checks


def test_a_notebook_shows_the_table_in_all_its_forms():
    from IPython.core.formatters import DisplayFormatter

    table = ClaimTable([within("A-F1", "s", 1.0, 0.0, 2.0, interval=(0.5, 1.5))])
    data, _ = DisplayFormatter().format(table)
    assert claims.MIME in data and data["text/html"].startswith("<div")


def test_a_table_of_something_else_is_refused():
    with pytest.raises(ValueError, match="made of checks, got 'A-F1'"):
        ClaimTable(["A-F1"])


def wrong_payloads():
    good = ClaimTable([check()]).json()
    entry = good["checks"][0]
    yield {}
    yield {**good, "version": 2}
    yield [1]
    yield {**good, "checks": [{**entry, "extra": 1}]}
    yield {**good, "checks": [{name: entry[name] for name in entry if name != "rule"}]}
    yield {**good, "checks": [{**entry, "verdict": "maybe"}]}
    yield {**good, "checks": ["A-F1"]}


@pytest.mark.parametrize("payload", list(wrong_payloads()))
def test_a_wrong_payload_is_refused(payload):
    with pytest.raises(ValueError):
        claims.checks_from_json(payload)


def entry(id="A-F1", paper="MF", kind="figure", **changes):
    fields = {"title": "T", "statement": "S", "source": "p. 8", "page": None}
    return {"id": id, "paper": paper, "kind": kind, **fields, **changes}


def register(tmp_path, *entries):
    path = tmp_path / "claims.yml"
    path.write_text(yaml.safe_dump(list(entries)))
    return claims.load_register(path)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": "C-F1"}, "id must look like 'A-F1' or 'B-S2', got 'C-F1'"),
        ({"paper": "SS"}, r"entry 1 \(A-F1\): paper must be 'MF', got 'SS'"),
        ({"kind": "table"}, "kind must be 'figure', got 'table'"),
        ({"statement": ""}, "statement must be a non-empty text"),
        ({"title": None}, "title must be a non-empty text"),
        ({"source": 8}, "source must be a non-empty text"),
        ({"statement": "$x"}, "odd number of dollar signs"),
        ({"page": "book/A.md"}, "page must be null or like"),
        ({"extra": 1}, "must have exactly the fields"),
    ],
)
def test_a_malformed_entry_is_refused_by_name(tmp_path, changes, expected):
    with pytest.raises(ValueError, match=expected):
        register(tmp_path, entry(**changes))


def test_an_id_used_twice_is_refused(tmp_path):
    with pytest.raises(ValueError, match="entry 2: the id A-F1 is used twice"):
        register(tmp_path, entry(), entry())


@pytest.mark.parametrize("text", ["", "a: 1", "- [", "[]", "- just words"])
def test_a_file_that_is_no_register_is_refused(tmp_path, text):
    path = tmp_path / "claims.yml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"claims\.yml"):
        claims.load_register(path)
    with pytest.raises(FileNotFoundError):
        claims.load_register(tmp_path / "absent.yml")


@pytest.mark.parametrize(
    ("verdicts", "worst"),
    [
        ([], "missing"),
        (["holds"], "holds"),
        (["holds", "not run at this scale"], "not run at this scale"),
        (["not run at this scale", "inconclusive", "holds"], "inconclusive"),
        (["inconclusive", "fails", "holds", "not run at this scale"], "fails"),
    ],
)
def test_the_scoreboard_shows_the_worst_verdict(tmp_path, verdicts, worst):
    listed = register(tmp_path, entry(page="meanfield/x"), entry("A-S1", kind="statement"))
    rows = claims.scoreboard(listed, [check(verdict) for verdict in verdicts])
    assert [(row.claim.id, row.verdict) for row in rows] == [("A-F1", worst), ("A-S1", "missing")]
    assert len(rows[0].checks) == len(verdicts)
    counts = claims.tally(rows)
    assert list(counts) == ["holds", "not run at this scale", "inconclusive", "fails", "missing"]
    assert sum(counts.values()) == 2 and counts[worst] >= 1


def test_a_check_that_the_scoreboard_would_hide_is_refused(tmp_path):
    listed = register(tmp_path, entry(page="meanfield/x"), entry("A-S1", kind="statement"))
    with pytest.raises(ValueError, match="a check has the id 'A-F2'; did you mean 'A-F1'"):
        claims.scoreboard(listed, [check(id="A-F2")])
    with pytest.raises(ValueError, match="A-S1 was checked, but the register names no page for it"):
        claims.scoreboard(listed, [check(id="A-S1")])


def test_every_statement_of_the_register_can_be_shown():
    for claim in claims.load_register():
        shown = claims.maths_html(claim.statement)
        assert "$" not in shown and shown.count(r"\(") == claim.statement.count("$") // 2
        assert dataclasses.asdict(claim)["statement"] == " ".join(claim.statement.split())


def test_a_known_failure_is_no_surprise_and_any_other_is(tmp_path):
    known = register(tmp_path, entry(page="meanfield/x", fails=["it falls"]))

    def told(*values):
        checks = [
            claims.at_least(known[0].id, statement, value, 1.0)
            for statement, value in zip(("it falls", "it is small"), values, strict=True)
        ]
        return claims.surprises(claims.scoreboard(known, checks))

    assert told(0.0, 2.0) == []
    (sentence,) = told(0.0, 0.0)  # another failure does not hide behind the known one
    assert "it is small: fails" in sentence
    (sentence,) = told(2.0, 2.0)
    assert "it falls: holds, but is known to fail" in sentence
    with pytest.raises(ValueError, match="fails must be a list"):
        register(tmp_path, entry(fails="it falls"))


def test_what_one_run_is_too_small_for_the_other_may_judge(tmp_path):
    listed = register(tmp_path, entry(page="meanfield/x"))
    small = claims.not_run(listed[0].id, "it falls", "needs more particles")
    judged = claims.at_least(listed[0].id, "it falls", 2.0, 1.0, scale="record")
    other = claims.at_least(listed[0].id, "it is small", 2.0, 1.0)
    assert claims.scoreboard(listed, [small, other])[0].verdict == "not run at this scale"
    assert claims.scoreboard(listed, [small, other, judged])[0].verdict == "holds"
    missed = claims.at_least(listed[0].id, "it falls", 0.0, 1.0, scale="record")
    assert claims.scoreboard(listed, [small, missed])[0].verdict == "fails"


def test_a_run_that_judged_nothing_does_not_hide_one_that_did(tmp_path):
    listed = register(tmp_path, entry(page="meanfield/x"))

    def verdict(*checks):
        return claims.scoreboard(listed, checks)[0].verdict

    def unjudged(statement, scale):
        return claims.not_run(listed[0].id, statement, "its runs did not fit", scale=scale)

    judged = claims.at_least(listed[0].id, "it falls", 2.0, 1.0)
    nothing = [unjudged("it is small", "record"), unjudged("it grows", "record")]
    assert verdict(judged, *nothing) == "holds"
    assert verdict(*nothing, unjudged("it falls", "live")) == "not run at this scale"
    # what a run that did judge something is too small for still counts
    recorded = claims.at_least(listed[0].id, "it is small", 2.0, 1.0, scale="record")
    assert verdict(judged, unjudged("it grows", "live")) == "not run at this scale"
    assert verdict(judged, recorded, unjudged("it grows", "record")) == "not run at this scale"
