import subprocess
import sys
import textwrap
import warnings

import numpy as np
import pytest

from widesym import files
from widesym.architectures import Architecture
from widesym.kernels import gram as module
from widesym.kernels import tiles
from widesym.kernels.gram import compute_tiles, gram
from widesym.kernels.pairs import pair_kernels
from widesym.kernels.readout import Kernels

KINDS = [("FCN", 0), ("LCN", 0), ("VEC", 0), ("LAP", 2), ("GAP", 0)]
GAP = Architecture("GAP", 2)


@pytest.fixture
def small(monkeypatch):
    """Tiles of at most 4 x 4 images."""
    monkeypatch.setattr(tiles, "LARGEST", 4)


def equal(one, other):
    assert isinstance(one, Kernels)
    for first, second in zip(one, other, strict=True):
        assert first.dtype == second.dtype
        np.testing.assert_array_equal(first, second)


def stored(folder):
    return {path.name: path.read_bytes() for path in folder.glob("??/*") if path.suffix in (".npz", ".json")}


@pytest.mark.parametrize(("kind", "window"), KINDS)
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("kept", [False, True])
def test_tiles_are_one_call_of_pair_kernels(kind, window, precision, kept, small, tmp_path, draw):
    architecture, x, y = Architecture(kind, 2, window=window), draw(0, 10, 4, 6, 3), draw(1, 7, 4, 6, 3)
    folder = tmp_path if kept else None
    for sets in ((x,), (x, y)):
        expected = pair_kernels(architecture, *sets, precision=precision)
        equal(gram(architecture, *sets, precision=precision, folder=folder), expected)
        if kept:
            equal(gram(architecture, *sets, precision=precision, folder=folder), expected)
    assert len(stored(tmp_path)) == (2 * (6 + 6) if kept else 0)


def test_the_reference_path_agrees_to_rounding(small, draw):
    """XLA may order sums by the shape of a block: a few units in the last place."""
    architecture, x = Architecture("GAP", 2, kernel_size=5), draw(0, 6, 6, 6, 2)
    for found, expected in zip(gram(architecture, x), pair_kernels(architecture, x), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6)
        np.testing.assert_array_equal(found, found.T)


def test_few_blocks_at_a_time_are_the_same_numbers(small, monkeypatch, draw):
    x, y = draw(0, 18, 4, 4, 3), draw(1, 23, 4, 4, 3)
    expected = gram(GAP, x, y), gram(GAP, x)
    calls, real = [], module.prepare
    monkeypatch.setattr(module, "prepare", lambda *a: calls.append(len(a[1])) or real(*a))
    gram(GAP, x, y)
    assert len(calls) == 2 + 5 + 6  # the check of each set, and every block once
    monkeypatch.setattr(module, "_PREPARED", 0)
    equal(gram(GAP, x, y), expected[0])
    equal(gram(GAP, x), expected[1])


def test_a_transformation_is_of_all_images(small, tmp_path, draw):
    x, y = draw(0, 6, 4, 4, 3), draw(1, 5, 4, 4, 3)

    def flipped(images):
        assert len(images) <= 4
        return images[:, ::-1] * 2

    expected = pair_kernels(GAP, flipped(x[:4])[:1], flipped(y[:4])[:1])
    for folder in (None, tmp_path):
        found = gram(GAP, x, y, transformation=flipped, folder=folder)
        equal(Kernels(*(kernel[:1, :1] for kernel in found)), expected)
        equal(
            gram(GAP, x[:, ::-1] * 2, transformation=None, folder=folder),
            gram(GAP, x, transformation=flipped),
        )
    before = stored(tmp_path)
    gram(GAP, x[:, ::-1] * 2, y[:, ::-1] * 2, folder=tmp_path)  # the same pixels: the same tiles
    assert stored(tmp_path) == before
    gram(GAP, x, y, folder=tmp_path)
    assert len(stored(tmp_path)) == len(before) + 2 * 4


def test_a_larger_matrix_goes_on_from_a_smaller_one(small, tmp_path, monkeypatch, draw):
    x = draw(0, 12, 4, 4, 3)
    gram(GAP, x[:8], folder=tmp_path)
    computed, real = [], module.paths.kernels_of
    monkeypatch.setattr(module.paths, "kernels_of", lambda *a, **k: computed.append(1) or real(*a, **k))
    equal(gram(GAP, x, folder=tmp_path), pair_kernels(GAP, x))
    assert len(computed) == 3  # of 6
    gram(GAP, x[:4], x[4:8], folder=tmp_path)
    assert len(computed) == 3


def damage(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("suffix", "how"),
    [("npz", "flip"), ("npz", "cut"), ("npz", "remove"), ("json", "cut"), ("json", "remove")],
)
def test_a_damaged_tile_is_recognised_and_computed_again(suffix, how, small, tmp_path, draw):
    x = draw(0, 10, 4, 4, 3)
    expected = gram(GAP, x, folder=tmp_path)
    before = stored(tmp_path)
    path = sorted(tmp_path.glob(f"??/*.{suffix}"))[2]
    if how == "flip":
        damage(path)
    elif how == "cut":
        path.write_bytes(path.read_bytes()[:-30])
    else:
        path.unlink()
    with pytest.warns(files.DamagedResult, match=f"tile {path.stem} .* computed again"):
        equal(gram(GAP, x, folder=tmp_path), expected)
    after = stored(tmp_path)
    assert {n: b for n, b in after.items() if n.endswith("npz")} == {
        n: b for n, b in before.items() if n.endswith("npz")
    }
    assert len(list((tmp_path / "damaged").iterdir())) == (1 if how == "remove" else 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        equal(gram(GAP, x, folder=tmp_path), expected)


def test_a_flipped_byte_in_a_header_is_no_other_number(small, tmp_path, draw):
    """Every byte of a tile's description, one after the other: found, or of no consequence."""
    x = draw(0, 2, 2, 2, 1)
    expected = gram(GAP, x, folder=tmp_path)
    path = next(tmp_path.glob("??/*.json"))
    good = path.read_bytes()
    for place in range(0, len(good), 7):
        path.write_bytes(good[:place] + bytes([good[place] ^ 4]) + good[place + 1 :])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", files.DamagedResult)
            equal(gram(GAP, x, folder=tmp_path), expected)


def test_shares_are_disjoint_and_complete(small, tmp_path, draw):
    x, y = draw(0, 10, 4, 4, 3), draw(1, 7, 4, 4, 3)
    for sets, count in (((x,), 6), ((x, y), 6)):
        seen = []
        for i in range(4):
            before = set(stored(tmp_path))
            share = compute_tiles(GAP, *sets, folder=tmp_path, part=(i, 4))
            new = set(stored(tmp_path)) - before
            assert len(new) == 2 * share
            assert compute_tiles(GAP, *sets, folder=tmp_path, part=(i, 4)) == share
            seen.append(share)
        assert sum(seen) == count and max(seen) - min(seen) <= 1
        before = stored(tmp_path)
        equal(gram(GAP, *sets, folder=tmp_path), pair_kernels(GAP, *sets))
        assert stored(tmp_path) == before


def test_matrices_may_lie_in_files(small, tmp_path, draw):
    x = draw(0, 10, 4, 4, 3).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    out = Kernels(
        *(
            np.lib.format.open_memmap(tmp_path / f"{n}.npy", "w+", np.float32, (10, 10))
            for n in Kernels._fields
        )
    )
    found = gram(GAP, np.load(tmp_path / "x.npy", mmap_mode="r"), out=out)
    assert found.ntk is out.ntk
    out.ntk.flush()
    np.testing.assert_array_equal(np.load(tmp_path / "ntk.npy"), pair_kernels(GAP, x).ntk)


# the matrix of 30 images in 36 tiles
CHILD = """
    import sys, time
    import numpy as np
    from widesym.architectures import Architecture
    from widesym.kernels import pairs, tiles
    from widesym.kernels.gram import gram
    tiles.LARGEST = 4
    folder, to, pause = sys.argv[1], sys.argv[2], float(sys.argv[3])
    computed, real = [], pairs.kernels_of
    def slow(*blocks, **options):
        computed.append(1)
        time.sleep(pause)
        return real(*blocks, **options)
    pairs.kernels_of = slow
    def progress(finished, total, tile):
        print(finished, flush=True)
    x = np.random.default_rng(0).standard_normal((30, 8, 8, 3)).astype(np.float32)
    found = gram(Architecture("GAP", 3), x, folder=folder, progress=progress, threads=1)
    np.save(to, np.stack(found))
    print(len(computed))
"""


def child(folder, to, pause):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(folder), str(to), str(pause)],
        stdout=subprocess.PIPE,
        text=True,
    )


def expected_of_child():
    x = np.random.default_rng(0).standard_normal((30, 8, 8, 3)).astype(np.float32)
    return np.stack(pair_kernels(Architecture("GAP", 3), x))


def test_a_killed_run_goes_on_to_the_same_bits(tmp_path):
    folder = tmp_path / "tiles"
    first = child(folder, tmp_path / "never.npy", 0.05)
    for _ in range(5):
        assert first.stdout.readline()
    first.kill()  # SIGKILL
    assert first.wait() == -9
    first.stdout.close()
    before = stored(folder)
    assert 2 * 5 <= len(before) < 2 * 36
    second = child(folder, tmp_path / "found.npy", 0)
    said = second.communicate()[0].split()
    assert said[-2] == "36" and int(said[-1]) == 36 - sum(n.endswith("json") for n in before)
    after = stored(folder)
    assert len(after) == 2 * 36 and {name: after[name] for name in before} == before
    uninterrupted = tmp_path / "whole"
    child(uninterrupted, tmp_path / "whole.npy", 0).communicate()
    numbers = {name: data for name, data in after.items() if name.endswith("npz")}
    assert {name: data for name, data in stored(uninterrupted).items() if name.endswith("npz")} == numbers
    np.testing.assert_array_equal(np.load(tmp_path / "found.npy"), expected_of_child())
    assert not list(folder.rglob("*.tmp"))


def test_processes_share_a_matrix_bit_for_bit(tmp_path):
    folder = tmp_path / "tiles"
    both = [child(folder, tmp_path / f"{i}.npy", 0.03) for i in range(2)]
    computed = [int(process.communicate()[0].split()[-1]) for process in both]
    assert sum(computed) == 36 and min(computed) > 0
    for i in range(2):
        np.testing.assert_array_equal(np.load(tmp_path / f"{i}.npy"), expected_of_child())
    assert len(stored(folder)) == 2 * 36


def holder(folder, stem):
    """A process that holds the lock of a tile until it is told to end."""
    script = f"""
        from pathlib import Path
        from widesym import files
        with files.locked(Path({str(folder / stem[:2])!r}), {stem!r}):
            print("held", flush=True)
            input()
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    return process


def test_a_tile_of_a_process_that_dies_is_taken_over_at_the_end(small, tmp_path, monkeypatch, draw):
    x = draw(0, 10, 4, 4, 3)
    gram(GAP, x, folder=tmp_path)
    path = sorted(tmp_path.glob("??/*.npz"))[0]
    stem = path.stem
    for suffix in ("npz", "json"):
        path.with_suffix(f".{suffix}").unlink()
    monkeypatch.setattr(module, "_PAUSE", 0.01)
    process, waited = holder(tmp_path, stem), []

    def sleep(seconds):
        waited.append(seconds)
        if len(waited) == 3:
            process.kill()
            process.wait()

    monkeypatch.setattr(module.time, "sleep", sleep)
    finished = []
    found = gram(GAP, x, folder=tmp_path, progress=lambda done, total, tile: finished.append((done, total)))
    equal(found, pair_kernels(GAP, x))
    assert len(waited) >= 3 and finished == [(i, 6) for i in range(1, 7)]
    process.stdin.close()
    process.stdout.close()


def test_a_tile_that_another_process_finishes_is_read(small, tmp_path, monkeypatch, draw):
    x = draw(0, 3, 4, 4, 3)
    expected = gram(GAP, x, folder=tmp_path)
    (path,) = tmp_path.glob("??/*.npz")
    data, header = path.read_bytes(), path.with_suffix(".json").read_bytes()
    path.unlink()
    path.with_suffix(".json").unlink()
    process = holder(tmp_path, path.stem)

    def sleep(seconds):
        path.write_bytes(data)
        path.with_suffix(".json").write_bytes(header)

    monkeypatch.setattr(module.time, "sleep", sleep)
    monkeypatch.setattr(module.paths, "kernels_of", None)  # nothing is computed
    equal(gram(GAP, x, folder=tmp_path), expected)
    process.communicate("\n")


def test_without_locks_the_work_is_done(small, tmp_path, monkeypatch, draw):
    def none(*arguments):
        raise OSError(files.errno.ENOLCK, "no locks")

    monkeypatch.setattr(files.fcntl, "flock", none)
    monkeypatch.setattr(tiles, "_GRACE", 0.0)
    x = draw(0, 6, 4, 4, 3)
    equal(gram(GAP, x, folder=tmp_path), pair_kernels(GAP, x))
    damage(next(tmp_path.glob("??/*.npz")))
    with pytest.warns(files.DamagedResult):
        equal(gram(GAP, x, folder=tmp_path), pair_kernels(GAP, x))


def test_a_folder_that_cannot_be_written_says_so(tmp_path, draw):
    (tmp_path / "file").write_text("")
    with pytest.raises(files.StoreError, match="cannot"):
        gram(GAP, draw(0, 3, 4, 4, 3), folder=tmp_path / "file")


# getrusage's peak is inherited from the process that starts this one; VmHWM is that of the program itself
MEMORY = """
    import re, sys
    from pathlib import Path
    import numpy as np
    from widesym.architectures import Architecture
    from widesym.kernels.gram import gram
    n, depth = int(sys.argv[1]), 2
    x = np.random.default_rng(0).standard_normal((n, 4, 4, 3), np.float32)
    found = gram(Architecture("VEC", depth), x, folder=sys.argv[2] or None, threads=2)
    assert found.ntk.shape == (n, n)
    peak = re.search(r"VmHWM:\\s*([0-9]+) kB", Path("/proc/self/status").read_text())[1]
    print(int(peak) * 1024 - 2 * 4 * n * n)
"""


@pytest.mark.parametrize("kept", [False, True])
def test_less_than_a_gigabyte_beside_the_matrices(kept, tmp_path):
    """5,000 x 5,000, the interpreter and its libraries included."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(MEMORY), "5000", str(tmp_path / "t") if kept else ""],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < 2**30


def test_a_line_says_bytes_and_time_and_one_the_tiles(small, tmp_path, capfd, draw):
    x = draw(0, 10, 4, 4, 3)
    compute_tiles(GAP, x, folder=tmp_path, part=(0, 3))
    assert capfd.readouterr() == ("", "")  # no terminal
    gram(GAP, x, folder=tmp_path, progress=True)
    said = capfd.readouterr().err
    assert "kernels of GAP, 10 x 10 in float32: 0.0008 MB, 6 tiles of which 2 are stored, about 0 s" in said
    assert "6/6" in said
    gram(GAP, x, folder=tmp_path, progress=False)
    gram(GAP, x, folder=tmp_path, progress=True)  # nothing to compute
    assert capfd.readouterr().err == ""


def test_on_a_terminal_long_runs_are_announced(small, monkeypatch, capfd, draw):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    gram(GAP, draw(0, 10, 4, 4, 3))
    assert capfd.readouterr().err == ""
    monkeypatch.setattr(module, "_LONG", 0.0)
    gram(GAP, draw(0, 10, 4, 4, 3))
    assert "kernels of GAP" in capfd.readouterr().err


def test_the_expected_time_is_that_of_the_first_tile_for_all_pairs(small, monkeypatch, capfd, draw):
    """A clock that counts a second a pair."""
    clock, real = [0.0], module.paths.kernels_of

    def counting(one, other=None, **options):
        clock[0] += len(one) * (len(one) + 1) / 2 if other is None else len(one) * len(other)
        return real(one, other, **options)

    monkeypatch.setattr(module.paths, "kernels_of", counting)
    monkeypatch.setattr(module.time, "perf_counter", lambda: clock[0])
    gram(GAP, draw(0, 10, 4, 4, 3), draw(1, 30, 4, 4, 3), progress=True)
    assert "about 5 min for" in capfd.readouterr().err


def test_bytes_and_times_are_spelled_for_readers():
    assert [module._bytes(size) for size in (800, 2 * 10**8, 32 * 10**8, 10**12)] == [
        "0.0008 MB", "200 MB", "3.2 GB", "1,000 GB",
    ]  # fmt: skip
    assert [module._duration(seconds) for seconds in (0.2, 59, 95, 5400, 10**6)] == [
        "0 s", "59 s", "1.6 min", "1.5 h", "278 h",
    ]  # fmt: skip


X = np.ones((3, 4, 4, 3))
BAD = [
    (lambda: gram(GAP, X[0]), r"shape \(n, H, W, C\).*\(4, 4, 3\)"),
    (lambda: gram(GAP, X[:0]), r"shape \(n, H, W, C\)"),
    (lambda: gram(GAP, X, X[0]), r"shape \(n, H, W, C\)"),
    (lambda: gram(GAP, X.astype(complex)), "real numbers"),
    (lambda: gram(GAP, X, X[:, :2]), r"one shape \(H, W, C\), got \(4, 4, 3\) and \(2, 4, 3\)"),
    (lambda: gram(GAP, X, precision="float16"), "unknown precision 'float16'"),
    (lambda: gram(GAP, X, threads=0), "threads=0"),
    (lambda: gram(Architecture("LAP", 2, window=3), X), "do not tile"),
    (lambda: gram(GAP, X, np.where(np.arange(3)[:, None, None, None] == 2, np.nan, X)), "must be finite"),
    (lambda: gram(GAP, X, transformation=lambda images: images * np.inf), "must be finite"),
    (lambda: gram(GAP, X, transformation=lambda images: images[:, :2]), r"to \(3, 2, 4, 3\); it must keep"),
    (
        lambda: gram(GAP, X, out=Kernels(np.zeros((3, 2)), np.zeros((3, 3)))),
        r"out.nngp must be of shape \(3, 3\)",
    ),
    (lambda: gram(GAP, X, out=Kernels(*np.zeros((2, 3, 3)))), "dtype float32, got .* float64"),
    (lambda: compute_tiles(GAP, X, folder="unused", part=(2, 2)), r"part=\(2, 2\) must be \(i, n\)"),
    (lambda: compute_tiles(GAP, X, folder="unused", part=(-1, 2)), r"part=\(-1, 2\)"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_what_means_nothing_is_refused_before_computing(call, message, monkeypatch):
    monkeypatch.setattr(module.paths, "kernels_of", None)
    with pytest.raises(ValueError, match=message):
        call()


def test_no_closed_form_is_refused(draw):
    with pytest.raises(NotImplementedError, match="parametrisation"):
        gram(Architecture("GAP", 2, parametrisation="mup"), draw(0, 2, 4, 4, 3))


def test_kernels_out_of_range_are_refused_and_not_stored(tmp_path, draw):
    with pytest.raises(FloatingPointError, match="leave the range"):
        gram(Architecture("VEC", 200, weight_variance=50.0), draw(0, 2, 4, 4, 3), folder=tmp_path)
    assert not stored(tmp_path)
