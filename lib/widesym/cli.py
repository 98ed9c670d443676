r"""The command line: list pages and claims, run pages, compute experiments, build the book and check it.

A thin layer: it reads words, checks them, calls ``widesym.book`` and
``widesym.study`` and prints.  A mistake of the user ends in one line on standard
error and exit status 2, a build or claim that fails in status 1.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Sequence

from widesym.book import pages as book_pages
from widesym.book.faults import told
from widesym.book.pipeline.cluster import Cluster
from widesym.book.pipeline.cluster import find as find_cluster
from widesym.book.project import PROFILES, Build, Project, find_project
from widesym.study import provenance


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    words = list(sys.argv[1:] if words is None else words)
    options: list[str] = []
    if "--" in words:  # what follows is Snakemake's
        cut = words.index("--")
        words, options = words[:cut], words[cut + 1 :]
    arguments = _parser().parse_args(words)
    arguments.options = options
    try:
        _end_as_interrupted()
        # for the store, which looks for the project by itself
        os.environ["WIDESYM_ROOT"] = str(find_project(arguments.root).root)
        return arguments.command(arguments)
    except KeyboardInterrupt:
        print("widesym: interrupted; finished parts and pages are kept", file=sys.stderr)
        return 130
    except BrokenPipeError:  # as in: widesym claims | head
        sys.stderr.close()
        return 1
    except (ValueError, OSError, RuntimeError) as error:
        # raised inside a computation, or by nobody who had a user in mind: the traceback is the message
        if getattr(error, "__notes__", None) or isinstance(error, NotImplementedError | RecursionError):
            raise
        message = told(error, "the project") if isinstance(error, OSError) else error
        print(f"widesym: {message}", file=sys.stderr)
        return 2 if isinstance(error, ValueError) else 1


def _end_as_interrupted() -> None:
    """Answer `kill` and a cluster's time limit as Ctrl-C: what runs below is ended, and nothing is lost."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, interrupt)


def _parser() -> argparse.ArgumentParser:
    about = "Symmetry in wide networks: the tools of an executable book."
    parser = argparse.ArgumentParser(prog="widesym", description=about)
    parser.add_argument("--root", help="folder of the project (default: found from the current folder)")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, function, text: str, *, changes: bool = False, cores: bool = False):
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(command=function)
        default = "paper" if name == "record" else "default"
        command.add_argument("--profile", choices=PROFILES, default=default, help=f"default: {default}")
        if changes:
            command.add_argument(
                "--set", dest="changes", metavar="NAME=VALUE", nargs="+", action="extend", default=[],
                help="changed parameters, as in: --set seed=3",
            )  # fmt: skip
        if cores:
            cores_here = provenance.cores()
            command.add_argument("--cores", type=_positive, default=cores_here, help="jobs at a time")
            command.add_argument("--cluster", metavar="NAME", help="a cluster's profile, as: slurm")
        return command

    add("pages", _pages, "list the pages: claims, parameters, and whether they are up to date")
    add("claims", _claims, "list every claim of the two papers with its verdict")
    run = add("run", _run, "execute pages, changed parameters allowed", changes=True, cores=True)
    run.add_argument("pages", nargs="+", metavar="PAGE", help="names of pages, or: all")
    book = add("book", _book, "build the book; options after -- go to Snakemake", changes=True, cores=True)
    book.set_defaults(pages=["all"])
    check = add(
        "check", _check, "compare the book's numbers with those kept; build what is missing", cores=True
    )
    check.add_argument("--all", action="store_true", help="print every check, not only what moved")
    check.add_argument(
        "--figures", metavar="FOLDER",
        help="an older build: also write its changed figures, old beside new, into one page",
    )  # fmt: skip
    add("keep", _keep, "keep the book's numbers in records/, for check to compare with", cores=True)
    plan = add("plan", _plan, "say what a book will compute, and how long it takes", changes=True, cores=True)
    plan.set_defaults(pages=["all"])
    pdf = add("pdf", _pdf, "build the book and print all of it as one PDF", changes=True, cores=True)
    pdf.set_defaults(pages=["all"])
    compute = add("compute", _compute, "compute an experiment, or one part of it", changes=True)
    compute.add_argument("experiment")
    compute.add_argument("--part", type=_part, default=(1, 1), metavar="I/N", help="part I of N (from 1)")
    compute.add_argument("--workers", type=_positive, default=None, help="processes (default: all cores)")
    show = add("show", _show, "show an experiment's config and the origin of its results", changes=True)
    show.add_argument("what", nargs="?", help="an experiment or the first digits of a key; none lists them")
    record = add("record", _record, "store the finished result of an experiment in records/", changes=True)
    record.add_argument("experiment")
    return parser


def _pages(arguments: argparse.Namespace) -> int:
    from widesym.book.pipeline.execute import state

    build = _build(arguments)
    found = book_pages.discover(build.project)
    width = max((len(page.name) for page in found), default=0)
    for page in found:
        now = state(build, page.name, page.path.read_text("utf-8")) if page.executable else "text"
        own = {name: value for name, value in page.parameters.items() if name != "profile"}
        values = ", ".join(f"{name}={value!r}" for name, value in own.items())
        print(f"{page.name:{width}}  {now:7}  {' '.join(page.ids) or '-':12}  {values}".rstrip())
    return 0


def _claims(arguments: argparse.Namespace) -> int:
    from widesym.book import scoreboard
    from widesym.study import claims

    build = _build(arguments)
    # of the pages as they are executed: one that was run by itself counts before the next book collects it
    board = claims.scoreboard(claims.load_register(build.project.register), scoreboard.executed(build))
    for line in scoreboard.lines(board):
        print(line)
    print(scoreboard.tally_line(board))
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from widesym.book.check import regeneration, side_by_side
    from widesym.book.check.tolerances import load_tolerances
    from widesym.study.claims import surprises

    build = _build(arguments)
    # what is missing or malformed shall be told before an hour of computing
    old, origin = regeneration.kept(build.project, build.profile)
    tolerances = load_tolerances(regeneration.tolerances_path(build.project))
    earlier = side_by_side.notebooks_in(arguments.figures) if arguments.figures else {}
    board = _judged(build, arguments)
    pairs = regeneration.compare(old, (check for row in board for check in row.checks), tolerances)
    moved, unforeseen = regeneration.news(pairs), surprises(board)
    for line in (*regeneration.lines(pairs if arguments.all else moved), *unforeseen):
        print(line)
    print(regeneration.summary(pairs))
    table = build.directory / "check.md"
    table.write_text(regeneration.markdown(pairs, origin, unforeseen), "utf-8")
    print(f"every check, old beside new: {table}")
    if arguments.figures:
        changed = side_by_side.changes(earlier, side_by_side.notebooks_in(build.directory))
        page = side_by_side.write(changed, build.directory / "figures.html")
        print(f"{len(changed)} changed figures, old beside new: {page}")
    return 1 if moved or unforeseen else 0


def _keep(arguments: argparse.Namespace) -> int:
    from widesym.book.check import regeneration

    build = _build(arguments)
    checks = [check for row in _judged(build, arguments) for check in row.checks]
    print(regeneration.keep(build, checks))
    return 0


def _judged(build: Build, arguments: argparse.Namespace):
    """Bring the claims of a build up to date and return its scoreboard."""
    from widesym.book import scoreboard
    from widesym.book.pipeline import workflow

    every = book_pages.discover(build.project)
    workflow.run(
        build, every, ["claims.json"], cores=arguments.cores, options=arguments.options,
        cluster=_cluster(arguments, build.project),
    )  # fmt: skip
    return scoreboard.read(build)


def _run(arguments: argparse.Namespace) -> int:
    from widesym.book.pipeline import workflow

    project = find_project(arguments.root)
    every = book_pages.discover(project)
    if "all" in arguments.pages:
        chosen = [page for page in every if page.executable]
    else:
        chosen = [book_pages.find_page(every, name) for name in arguments.pages]
    for page in chosen:
        if not page.executable:
            raise ValueError(f"page {page.name} has nothing to run: it is text only")
    build = _changed_build(arguments, project, chosen)
    if build.changes and "all" in arguments.pages:
        left = [page.name for page in chosen if page.last or not set(build.changes) & set(page.parameters)]
        chosen = [page for page in chosen if page.name not in left]
        if left:
            print(f"without {', '.join(left)}: not concerned by what is changed")
    targets = [f"pages/{page.name}.ipynb" for page in chosen]
    # changed parameters are meant for these pages: another with a parameter of that name may refuse the value
    planned = chosen if build.changes and not any(page.last for page in chosen) else every
    workflow.run(
        build, planned, targets, cores=arguments.cores, force=True, options=arguments.options,
        cluster=_cluster(arguments, project),
    )  # fmt: skip
    for page in chosen:
        print(build.notebook(page.name))
    return 0


def _book(arguments: argparse.Namespace) -> int:
    _built(arguments)
    return 0


def _built(arguments: argparse.Namespace) -> Build:
    from widesym.book import scoreboard
    from widesym.book.pipeline import workflow

    project = find_project(arguments.root)
    every = book_pages.discover(project)
    build = _changed_build(arguments, project, every)
    workflow.run(
        build, every, ["html/.built"], cores=arguments.cores, options=arguments.options,
        cluster=_cluster(arguments, project),
    )  # fmt: skip
    print(f"\nThe book: {(build.html / 'index.html').as_uri()}")
    print(scoreboard.tally_line(scoreboard.read(build)))
    return build


def _pdf(arguments: argparse.Namespace) -> int:
    from widesym.book.print import browser, pdf

    browser.find()  # that there is none is told before the book is built
    print(f"The PDF: {pdf.make(_built(arguments)).as_uri()}")
    return 0


def _plan(arguments: argparse.Namespace) -> int:
    from widesym.book.pipeline import plan

    project = find_project(arguments.root)
    every = book_pages.discover(project)
    build, cluster = _changed_build(arguments, project, every), _cluster(arguments, project)
    found = plan.items(build, every, arguments.cores, cluster)
    print("\n".join(plan.lines(found, build, arguments.cores, cluster)))
    return 0


def _compute(arguments: argparse.Namespace) -> int:
    from widesym.book.pipeline import underway
    from widesym.study import store

    experiment, config = _configured(arguments)
    part, parts = arguments.part
    label = f"{experiment.name} {part}/{parts}"
    # several parts share one terminal: lines now and then, where a bar each would overwrite the others
    progress = None if parts == 1 else _Lines(label)
    busy = () if sys.stderr.isatty() else underway.elsewhere(experiment, config, (part, parts))
    if busy:
        total = len(experiment.shards(config)[part - 1 :: parts])
        print(f"{label}: {underway.told(busy, total)}", file=sys.stderr, flush=True)
    done = store.run_shards(experiment, config, (part, parts), workers=arguments.workers, progress=progress)
    print(f"{label}: {len(done)} shards stored")
    return 0


class _Lines:
    """Progress as lines, one in a while."""

    def __init__(self, label: str, every: float = 15.0) -> None:
        self.label, self.every, self.last = label, every, time.monotonic()

    def __call__(self, done: int, total: int, shard: str) -> None:
        if time.monotonic() - self.last > self.every:
            self.last = time.monotonic()
            print(f"{self.label}: {done} of {total} shards", flush=True)


def _show(arguments: argparse.Namespace) -> int:
    from widesym.study import experiments, store
    from widesym.study.configs import as_fields

    if arguments.what is None:
        for name in experiments.names():
            print(name)
        return 0
    if arguments.what not in experiments.names() and not set(arguments.what) - set("0123456789abcdef"):
        found = store.lookup(arguments.what)
        if not found:
            raise ValueError(f"no stored result has a key that begins with {arguments.what!r}")
        print(json.dumps(found, indent=1))
        return 0
    arguments.experiment = arguments.what
    experiment, config = _configured(arguments)
    print(f"{experiment.name}  ({', '.join(experiment.ids)}), profile {arguments.profile}")
    for name, value in as_fields(config).items():
        print(f"  {name} = {value!r}")
    total, missing = len(experiment.shards(config)), len(store.missing_shards(experiment, config))
    print(f"stored: {total - missing} of {total} shards in {store.results_root()}")
    if not missing:
        print(f"  {provenance.one_line(store.load_or_run(experiment, config).provenance)}")
    if store.record_path(experiment).exists():
        print(f"record: {provenance.one_line(store.load_record(experiment).provenance)}")
    return 0


def _record(arguments: argparse.Namespace) -> int:
    from widesym.study import store

    experiment, config = _configured(arguments)
    missing = store.missing_shards(experiment, config)
    if missing:
        words = ["widesym", "compute", experiment.name, "--profile", arguments.profile]
        words += ["--set", *arguments.changes] if arguments.changes else []
        raise ValueError(
            f"{len(missing)} shards of {experiment.name} are not computed yet; first run: {shlex.join(words)}"
        )
    print(store.save_record(store.load_or_run(experiment, config)))
    return 0


def _build(arguments: argparse.Namespace) -> Build:
    return Build(find_project(arguments.root), arguments.profile)


def _changed_build(arguments: argparse.Namespace, project: Project, chosen) -> Build:
    changes = book_pages.check_changes(chosen, book_pages.parse_changes(arguments.changes))
    build = Build(project, arguments.profile, changes)
    if changes:  # a value that an experiment refuses shall be told before the build has a folder
        from widesym.book.pipeline import keys

        for page in chosen:
            keys.computations(page, build)
    return build


def _cluster(arguments: argparse.Namespace, project: Project) -> Cluster | None:
    return None if arguments.cluster is None else find_cluster(project, arguments.cluster)


def _configured(arguments: argparse.Namespace):
    from widesym.study import configs, experiments

    experiment = experiments.get(arguments.experiment)
    changes = configs.parse_changes(experiment, arguments.changes)
    return experiment, configs.configure(experiment, arguments.profile, **changes)


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return number


def _part(text: str) -> tuple[int, int]:
    part, slash, parts = text.partition("/")
    if slash and part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts):
        return int(part), int(parts)
    raise argparse.ArgumentTypeError(f"expected I/N with 1 <= I <= N, as in 2/4, got {text!r}")


if __name__ == "__main__":
    sys.exit(main())
