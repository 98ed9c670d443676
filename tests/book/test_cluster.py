"""A build on a cluster: the same results, a killed job tried again with more, a failure told in one place.

There is no SLURM where tests run: `tools/slurm_stand_in.py` has its commands, and Snakemake's SLURM executor
is the real one. `tools/one_node_slurm.sh` is the trial with a real SLURM.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from widesym.book.pages import discover
from widesym.book.pipeline import logs, part, plan
from widesym.book.pipeline.cluster import Cluster, find
from widesym.book.project import Build, Project

ROOT = Path(__file__).resolve().parents[2]
SOON = (
    "--slurm-status-command",
    "squeue",
    "--slurm-init-seconds-before-status-checks",
    "1",
    "--latency-wait",
    "5",
)
SHARD = 'return {"square": float(shard) ** 2}'
CODE = (
    "from widesym.study import configure, load_or_run\n"
    "from widesym.study.experiments import get\n"
    "experiment = get('tiny.squares')\n"
    "print('total', load_or_run(experiment, configure(experiment, profile)).arrays['total'])"
)


@pytest.fixture
def cluster(tiny_book, tmp_path, monkeypatch):
    """The tiny book with an experiment, and a stand-in cluster; a function runs a page there."""
    folder = tmp_path / "slurm"
    subprocess.run([sys.executable, str(ROOT / "tools" / "slurm_stand_in.py"), str(folder)], check=True)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    tiny_book.page("one", [CODE], experiments="tiny.squares")

    def run(*options):
        done = tiny_book.run("run", "one", "--cluster", "slurm", "--cores", "2", *options, "--", *SOON)
        jobs = [json.loads(path.read_text()) for path in sorted((folder / "jobs").glob("*.json"))]
        return done, jobs

    return run


def edit(tiny_book, shard):
    path = tiny_book.root / "lib" / "widesym" / "study" / "experiments" / "tiny.py"
    path.write_text(path.read_text().replace(SHARD, shard))


def shown(book, name="one"):
    cells = nbformat.read(book.build("pages", f"{name}.ipynb"), as_version=4).cells
    return [cell.get("outputs") for cell in cells]


def stored(book):
    paths = (book.root / "build" / "results" / "tiny.squares").glob("*.npz")
    return {path.name: path.read_bytes() for path in paths}


def test_results_are_those_of_one_machine(tiny_book, cluster, tmp_path):
    log = tmp_path / "computed"
    told = f"import os\n    with open({str(log)!r}, 'a') as stream:\n"
    told += "        print(shard, os.environ.get('SLURM_JOB_ID', 'here'), file=stream)\n"
    edit(tiny_book, f"{told}    {SHARD}")
    done, jobs = cluster()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tiny.squares  4 of 4" in done.stdout and "an unknown time for tiny.squares" in done.stdout
    assert [job["state"] for job in jobs] == ["COMPLETED"] * 3  # two parts, a page
    # every shard once, by the parts: the page finds them
    parts = {str(job["id"]) for job in jobs if "part" in job["comment"]}
    computed = dict(line.split() for line in log.read_text().splitlines())
    assert len(log.read_text().splitlines()) == len(computed) == 4 and set(computed.values()) == parts
    there, results = shown(tiny_book), stored(tiny_book)
    assert "total 14.0" in str(there) and len(results) == 4
    for path in (tiny_book.root / "build").rglob("*"):
        if path.is_file():
            path.unlink()
    here = tiny_book.run("run", "one", "--cores", "2")
    assert here.returncode == 0, here.stderr
    assert shown(tiny_book) == there and stored(tiny_book) == results
    assert log.read_text().count("here") == 4


def test_killed_job_is_tried_again_with_more_memory(tiny_book, cluster, tmp_path):
    mark = tmp_path / "killed"
    kill = f"import os, pathlib\n    mark = pathlib.Path({str(mark)!r})\n"
    kill += "    if shard == '1' and not mark.exists():\n"
    kill += "        mark.touch()\n        os.kill(os.getpid(), 9)\n"
    edit(tiny_book, f"{kill}    {SHARD}")
    done, jobs = cluster()
    assert done.returncode == 0, done.stdout + done.stderr
    assert mark.exists() and "total 14.0" in str(shown(tiny_book))
    parts = [job for job in jobs if "part" in job["comment"]]
    assert sorted(job["state"] for job in parts) == ["COMPLETED", "COMPLETED", "FAILED"]
    assert sorted(int(job["mem"]) for job in parts) == [2000, 2000, 4000]
    assert not list(tiny_book.build("failed").rglob("*.txt"))


def test_failing_job_says_why_in_one_place_and_is_not_computed_again(tiny_book, cluster, tmp_path):
    tries = tmp_path / "tries"
    fail = f"with open({str(tries)!r}, 'a') as stream:\n        stream.write(shard)\n"
    fail += "    if shard == '1':\n        raise FloatingPointError('the square diverged')\n"
    edit(tiny_book, f"{fail}    {SHARD}")
    done, jobs = cluster()
    assert done.returncode == 1
    told = done.stderr[done.stderr.index("widesym: ") :]
    assert "computation tiny.squares, part 2/2, ended with status 1" in told
    assert (
        told.count("FloatingPointError: the square diverged") == 1
        and "shard '1'" in told
        and "SLURM job" in told
    )
    assert tries.read_text().count("1") == 1  # further tries ended at once
    assert len(stored(tiny_book)) == 2 and not tiny_book.build("pages", "one.ipynb").exists()


def prepared(folder, command):
    (folder / "plan.json").write_text(json.dumps({"computations": {"toy": {"command": command}}}))
    return folder


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os; os.kill(os.getpid(), 9)", "was killed by SIGKILL: for want of memory, it may be"),
        ("raise MemoryError('too large')", "MemoryError: too large"),
    ],
)
def test_part_short_of_memory_may_be_tried_again(tmp_path, code, words):
    folder = prepared(tmp_path, f'{sys.executable} -c "{code}"')
    assert part.run(folder, "toy", "1/3") == 1
    told = part.report(folder, "toy", "1/3")
    assert words in told.read_text() and "may be tried again" in told.read_text()
    prepared(folder, f'{sys.executable} -c "pass"')
    assert part.run(folder, "toy", "1/3") == 0 and not told.exists()


def test_part_that_raised_is_not_tried_again(tmp_path):
    folder = prepared(tmp_path, f'{sys.executable} -c "1 / 0"')
    assert part.run(folder, "toy", "1/1") == 1
    assert "ZeroDivisionError" in part.report(folder, "toy", "1/1").read_text()
    prepared(folder, f'{sys.executable} -c "pass"')
    assert part.run(folder, "toy", "1/1") == 1


def test_job_that_left_nothing_but_a_log_is_told(tiny_book):
    build = Build(Project(tiny_book.root))
    log = build.directory / ".snakemake" / "slurm_logs" / "rule_part" / "tiny.squares_1_2" / "7.log"
    log.parent.mkdir(parents=True)
    log.write_text(
        "rule part:\nslurmstepd: error: *** JOB 7 CANCELLED DUE TO TIME LIMIT ***\nError in rule part:\n"
    )
    (told,) = logs.unexplained(build, 0.0)
    first, *ending = told.splitlines()
    assert first.startswith("job tiny.squares_1_2 failed 1 times")
    assert ending == ["  slurmstepd: error: *** JOB 7 CANCELLED DUE TO TIME LIMIT ***"]
    assert logs.unexplained(build, log.stat().st_mtime + 1) == []
    report = part.report(build.directory, "tiny.squares", "1/2")
    report.parent.mkdir(parents=True)
    report.write_text("it said so itself")
    assert logs.unexplained(build, 0.0) == []


def test_committed_profile_is_a_cluster():
    found = find(Project(ROOT), "slurm")
    assert found == Cluster(ROOT / "workflow" / "profiles" / "slurm")  # its file says the defaults


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("config: {partitoin: gpu}", "unknown entry 'partitoin' under config; did you mean 'partition'"),
        ("config: {job_hours: soon}", "job_hours must be a number, got 'soon'"),
        ("config: {job_hours: 50}", "job_hours must be above 0 and at most longest_hours=48, got 50"),
        ("config: {margin: 0.5}", "margin must be at least 1, got 0.5"),
        ("config: {margin: .nan}", "margin must be a number, got nan"),
        ("config: {longest_hours: .inf}", "longest_hours must be a number, got inf"),
        ("config: {partition: [a, b]}", "partition must be a name, got ['a', 'b']"),
        ("nothing", "is not YAML of the form"),
        ("config: slow", "is not YAML of the form"),
        ("config: [1, 2]", "is not YAML of the form"),
    ],
)
def test_mistake_in_a_profile_is_told(tmp_path, text, words):
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ValueError) as told:
        find(Project(ROOT), str(tmp_path))
    assert words in str(told.value)


def test_unknown_cluster_is_told():
    with pytest.raises(ValueError, match="no cluster 'slrum'.*did you mean 'slurm'"):
        find(Project(ROOT), "slrum")


def test_plan_cuts_parts_by_hours_and_asks_for_gpus_where_they_help(tmp_path, monkeypatch):
    project = Project(ROOT)
    build = Build(project, "paper")
    monkeypatch.setenv("WIDESYM_RESULTS", str(tmp_path))  # nothing stored
    every = [
        page for page in discover(project) if page.name in ("meanfield/discovery", "synergy/trained-table")
    ]
    alone = Cluster(tmp_path, job_hours=1.0)
    gpus = Cluster(tmp_path, job_hours=1.0, partition="cpu", gpu_partition="gpu")
    found = {item.computation.name: item for item in plan.items(build, every, 4, alone)}
    discovery = found["meanfield.discovery"]
    assert discovery.parts == -(-discovery.seconds // 3600) > 1
    assert discovery.longest < 1.5 * 3600 and not discovery.gpu
    asks = plan.resources(discovery, alone)
    assert asks["minutes"] == pytest.approx(3 * (discovery.longest + 60) / 60, abs=1)
    table = {item.computation.name: item for item in plan.items(build, every, 4, gpus)}
    assert not table["meanfield.discovery"].gpu and table["synergy.network-table"].gpu
    assert plan.resources(table["synergy.network-table"], gpus)["partition"] == "gpu"
    assert plan.resources(table["meanfield.discovery"], gpus)["partition"] == "cpu"
    text = "\n".join(plan.lines(list(table.values()), build, 4, gpus))
    assert "GPU-hours" in text and "assumed" in text


def test_part_that_cannot_leave_a_report_says_it_in_its_log(tmp_path, capsys):
    (tmp_path / "failed").write_text("a file in the place of a folder")
    (tmp_path / "plan.json").write_text('{"computations": {"x": {"command": "false"}}}')
    assert part.run(tmp_path, "x", "1/2") == 1
    assert capsys.readouterr().err.startswith("computation x, part 1/2, ended with status 1 (on ")
