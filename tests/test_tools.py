"""The tools: a typing mistake is told in one sentence, before anything is computed."""

import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[1] / "tools"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["seeds.py", "meanfield.strong-stort"],
            "seeds: unknown experiment 'meanfield.strong-stort'",
        ),
        (["seeds.py", "meanfield.portrait"], "seeds: meanfield.portrait has no checks by itself"),
        (["seeds.py", "synergy.rotations", "--profile", "fast"], "invalid choice: 'fast'"),
        (["seeds.py", "synergy.rotations", "--count", "0"], "--count must be at least 1, got 0"),
        (
            ["recompute.py", "beyond.deep", "--set", "depts=10"],
            "beyond.deep has no parameter 'depts'; did you mean",
        ),
    ],
)
def test_mistake_is_told_in_one_line(words, message):
    done = subprocess.run([sys.executable, TOOLS / words[0], *words[1:]], capture_output=True, text=True)
    assert done.returncode == 2 and message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
