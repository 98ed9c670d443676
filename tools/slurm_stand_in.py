#!/usr/bin/env python3
"""A stand-in for SLURM's commands, for tests where there is no SLURM: jobs start at once, on this machine.

    python tools/slurm_stand_in.py FOLDER        # then: PATH=FOLDER/bin:$PATH

makes FOLDER/bin with sbatch, srun, squeue, scancel, scontrol and sinfo, as far as Snakemake's executor uses
them. What was asked for, and how each job ended, is in FOLDER/jobs. No queue, no limits, no accounting.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

COMMANDS = ("sbatch", "srun", "squeue", "scancel", "scontrol", "sinfo")
_RUN = "run-the-job"
FOLDER = Path(__file__).absolute().parent.parent  # of a command: FOLDER/bin/<command>


def write(job: dict) -> None:
    path = FOLDER / "jobs" / f"{job['id']}.json"
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps(job))
    os.replace(temporary, path)


def jobs() -> list[dict]:
    paths = sorted((FOLDER / "jobs").glob("*.json"), key=lambda path: int(path.stem))
    return [json.loads(path.read_text()) for path in paths]


def sbatch(words: list[str]) -> int:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for option in ("--job-name", "--output", "--comment", "--mem", "--wrap", "--gpus"):
        parser.add_argument(option)
    for short, option in (("-t", "--time"), ("-p", "--partition"), ("-A", "--account"), ("-D", "--chdir")):
        parser.add_argument(short, option)
    asked, _ = parser.parse_known_args(words)
    number = 1
    while True:  # the first that nobody has
        try:
            (FOLDER / "jobs" / f"{number}.json").touch(exist_ok=False)
            break
        except FileExistsError:
            number += 1
    job = {**vars(asked), "id": number, "state": "RUNNING"}
    write(job)
    environment = {**os.environ, "SLURM_JOB_ID": str(number)}
    command = [sys.executable, __file__, _RUN, str(number)]
    subprocess.Popen(
        command, env=environment, cwd=asked.chdir, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    print(number)
    return 0


def run(words: list[str]) -> int:
    job = next(job for job in jobs() if job["id"] == int(words[0]))
    log = Path(job["output"].replace("%j", words[0]))
    with log.open("w") as stream:
        process = subprocess.Popen(["sh", "-c", job["wrap"]], stdout=stream, stderr=stream)
        write(job | {"process": os.getpid()})
        status = process.wait()
    write(job | {"state": "COMPLETED" if status == 0 else "FAILED"})
    return 0


def squeue(words: list[str]) -> int:
    name = words[words.index("--name") + 1] if "--name" in words else None
    for job in jobs():
        if name in (None, job["job_name"]):
            print(f"{job['id']}|{job['state']}")
    return 0


def scancel(words: list[str]) -> int:
    for job in jobs():
        if str(job["id"]) in words and job["state"] == "RUNNING":
            os.killpg(job["process"], signal.SIGTERM)
            write(job | {"state": "CANCELLED"})
    return 0


def srun(words: list[str]) -> int:
    while words and words[0].startswith("-"):  # its options; then comes a command
        words = words[1:]
    os.execvp(words[0], words)


def scontrol(_: list[str]) -> int:
    print("MinJobAge = 3600 sec\nMaxArraySize = 1001")
    return 0


def sinfo(_: list[str]) -> int:
    print("cpu*")
    return 0


def main() -> int:
    called = Path(sys.argv[0]).name
    if sys.argv[1:2] == [_RUN]:  # before all else: sbatch starts itself so
        return run(sys.argv[2:])
    if called in COMMANDS:
        return globals()[called](sys.argv[1:])
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    folder = Path(sys.argv[1]).absolute()
    for name in ("bin", "jobs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in COMMANDS:
        # a copy, not a link: a command finds its folder by where it lies
        path = folder / "bin" / name
        text = Path(__file__).read_text().split("\n", 1)[1]
        path.write_text(f"#!{sys.executable}\n{text}")
        path.chmod(0o755)
    return 0


if __name__ == "__main__":
    sys.exit(main())
