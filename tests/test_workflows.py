"""The workflows of GitHub: they parse, what they run exists, jobs wait for jobs that are there."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from widesym.cli import _parser

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# what a bare runner has
PROGRAMS = {"[", "cat", "cp", "echo", "find", "gh", "git", "grep", "mkdir", "sort", "xargs", "sudo"}
SHELL = {"if", "then", "else", "elif", "fi", "{", "}", "do", "done", "!", "true"}
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


def read(path):
    return yaml.safe_load(path.read_text("utf-8"))


def steps():
    for path in WORKFLOWS:
        for name, job in read(path)["jobs"].items():
            for number, step in enumerate(job["steps"]):
                yield pytest.param(job, step, id=f"{path.stem}-{name}-{number}")


def targets():
    """Targets of the Makefile."""
    found = set()
    for line in (ROOT / "Makefile").read_text("utf-8").splitlines():
        if match := re.match(r"([a-z ]+):(?!=)", line):
            found.update(match.group(1).split())
    return found


def alternatives(text, job):
    """The text with expressions replaced: those over the matrix by every value, the rest by a word."""
    rows = job.get("strategy", {}).get("matrix", {})
    rows = rows.get("include", [{key: value} for key, values in rows.items() for value in values])
    for row in rows or [{}]:

        def spelt(match, row=row):
            choice = re.fullmatch(r"\s*matrix\.(\w+) == '(\w+)' && '(\w+)' \|\| matrix\.\w+\s*", match[1])
            if choice:
                return choice[3] if row[choice[1]] == choice[2] else row[choice[1]]
            named = re.fullmatch(r"\s*matrix\.(\w+)\s*", match[1])
            return str(row[named[1]]) if named else "word"

        yield EXPRESSION.sub(spelt, text)


def commands(script):
    """Words of each command of a shell script."""
    script = re.sub(r"\\\n", " ", script)
    script = re.sub(r"\$\((?:[^()]|\([^()]*\))*\)", "word", script)
    for line in script.splitlines():
        words = shlex.split(line, comments=True)
        command = []
        for word in [*words, ";"]:
            if word in (";", "&&", "||", "|") or word.endswith(";"):
                command += [word[:-1]] if word[:-1] and word.endswith(";") else []
                while command and (command[0] in SHELL or re.match(r"[A-Za-z_]+=", command[0])):
                    command = command[1:]
                if command and not command[0].startswith(">"):
                    yield command
                command = []
            else:
                command.append(word)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_jobs_wait_for_jobs_and_have_limits(path):
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}, "the default for all jobs"
    for name, job in workflow["jobs"].items():
        needs = job.get("needs", [])
        assert set([needs] if isinstance(needs, str) else needs) <= set(workflow["jobs"]) - {name}
        assert 0 < job["timeout-minutes"] <= 360 and job["runs-on"] == "ubuntu-latest"


@pytest.mark.parametrize(("job", "step"), list(steps()))
def test_step_runs_what_exists(job, step):
    assert ("run" in step) != ("uses" in step)
    if "uses" in step:
        assert re.fullmatch(r"actions/[\w-]+@v\d+", step["uses"])
        return
    for script in alternatives(step["run"], job):
        for words in commands(script):
            program, *rest = words
            if program == "make":
                named = [word for word in rest if not re.match(r"[A-Z]+=|-", word)]
                assert named and set(named) <= targets()
            elif program.endswith("/widesym"):
                _parser().parse_args(rest)
            elif program.startswith(".venv/bin/python"):
                assert rest[0] == "-m"
                module = Path("lib", *rest[1].split(".")).with_suffix(".py")
                assert rest[1] == "pip" or (ROOT / module).is_file()
            elif "/" in program:
                assert (ROOT / program).is_file()
            else:
                assert program in PROGRAMS


def test_steps_that_are_asked_for_their_outcome_are_there():
    for path in WORKFLOWS:
        for job in read(path)["jobs"].values():
            known = {step["id"] for step in job["steps"] if "id" in step}
            asked = set(re.findall(r"steps\.(\w+)\.", yaml.safe_dump(job)))
            assert asked <= known


def test_artifacts_that_are_fetched_are_made():
    for path in WORKFLOWS:
        every = [step for job in read(path)["jobs"].values() for step in job["steps"] if "uses" in step]
        made = {s["with"]["name"] for s in every if s["uses"].startswith("actions/upload-artifact@")}
        for step in every:
            if step["uses"].startswith("actions/download-artifact@"):
                wanted = step["with"].get("name") or step["with"]["pattern"].rstrip("*")
                assert any(name.startswith(wanted) for name in made)


def test_what_writes_is_for_main_only():
    """No job of a pull request holds a right to write."""
    for path in WORKFLOWS:
        workflow = read(path)
        for job in workflow["jobs"].values():
            rights = {right for right, level in job.get("permissions", {}).items() if level == "write"}
            if rights and "pull_request" in workflow[True]:
                assert "github.ref == 'refs/heads/main'" in job["if"]


def test_what_publishes_is_not_cut_off():
    """By the next push, which cancels every job of a run, whatever that job's own group says."""
    for path in WORKFLOWS:
        workflow = read(path)
        on_main = [job for job in workflow["jobs"].values() if "refs/heads/main" in job.get("if", "")]
        if on_main:
            assert workflow["concurrency"]["cancel-in-progress"] == "${{ github.ref != 'refs/heads/main' }}"
