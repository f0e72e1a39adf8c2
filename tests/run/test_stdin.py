"""Arrays one after another on stdin: each is pooled and passed on before the next is read."""

import io
import json
import subprocess
import threading
from contextlib import suppress

import numpy as np
import pytest
from handmade import npy, npy_header
from PIL import Image
from processes import LONGEST, rows, shell, start


def arrays(count=3):
    rng = np.random.default_rng(0)
    return [rng.random((4 + 2 * number, 6), np.float32) for number in range(count)]


def halves(x):
    """The largest of each two by two."""
    return x.reshape(x.shape[0] // 2, 2, x.shape[1] // 2, 2).max((1, 3))


def unpacked(raw):
    """The arrays of a stream."""
    stream, found = io.BytesIO(raw), []
    while stream.tell() < len(raw):
        found.append(np.load(stream))
    return found


def rows_of(ran):
    """The rows of the report, which is on stderr among messages."""
    return rows("\n".join(line for line in ran.err.splitlines() if line.startswith("{")))


def same(found, wanted):
    for left, right in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(left, right)


def test_each_array_of_a_stream(cli):
    xs = [
        *arrays(),
        np.arange(16, dtype=">i2").reshape(4, 4),
        np.asfortranarray(np.eye(4, dtype=np.float64)),
    ]
    ran = cli("max", "-", "-o", "-", "--report", "jsonl", stdin=b"".join(map(npy, xs)))
    assert ran.code == 0
    same(unpacked(ran.out), map(halves, xs))
    assert [row["input"] for row in rows_of(ran)] == ["-", "-[1]", "-[2]", "-[3]", "-[4]"]
    assert [row["status"] for row in rows_of(ran)] == ["done"] * 5


def test_a_stream_of_one_array_is_called_what_it_was(cli):
    ran = cli("max", "-", "-o", "-", "--report", "jsonl", stdin=npy(arrays(1)[0]))
    assert [row["input"] for row in rows_of(ran)] == ["-"]


def test_an_archive_takes_all(cli, tmp_path):
    ran = cli("max", "-", "-o", "a.npz", "--report", "jsonl", stdin=b"".join(map(npy, arrays())))
    assert ran.code == 0
    assert json.loads(ran.text)["pages"] == 3
    with np.load(tmp_path / "a.npz") as found:
        assert list(found) == ["arr_0", "arr_1", "arr_2"]
        same(found.values(), map(halves, arrays()))
    ran = cli("max", "-", "-o", "-", "--to", "npz", stdin=b"".join(map(npy, arrays())))
    with np.load(io.BytesIO(ran.out)) as found:
        same(found.values(), map(halves, arrays()))


def test_a_file_for_each(cli, tmp_path):
    ran = cli(
        "max", "-", "-o", "out/", "--name", "x{index}.npy", stdin=b"".join(map(npy, arrays()))
    )
    assert ran.code == 0, ran.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "x1.npy",
        "x2.npy",
        "x3.npy",
    ]
    same([np.load(tmp_path / f"out/x{number}.npy") for number in (1, 2, 3)], map(halves, arrays()))
    again = cli(
        "max", "-", "-o", "out/", "--name", "x{index}.npy", stdin=b"".join(map(npy, arrays(5)))
    )
    assert again.code == 1
    assert "out/x1.npy is there already" in again.err
    assert len(list((tmp_path / "out").iterdir())) == 3


@pytest.mark.parametrize(
    "words",
    [["-o", "a.npy"], ["-o", "a.png", "--scale", "minmax"], ["-o", "out/", "--name", "a.npy"]],
)
def test_one_file_has_room_for_one(cli, tmp_path, words):
    ran = cli("max", "-", *words, stdin=b"".join(map(npy, arrays(2))))
    assert ran.code == 1
    assert "there are more arrays than one, and" in ran.err
    assert "give -o FILE.npz" in ran.err
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert cli("max", "-", *words, stdin=npy(arrays(1)[0])).code == 0


def test_indices_are_of_one(cli, tmp_path):
    ran = cli("max", "-", "-o", "-", "--indices", "i.npy", stdin=b"".join(map(npy, arrays(2))))
    assert (ran.code, ran.out) == (1, b"")
    assert list(tmp_path.iterdir()) == []


def test_a_map_that_does_not_fit_costs_only_itself(cli):
    xs = [np.ones((2, 2)), np.ones((9, 9)), np.ones((3, 3))]
    ran = cli("max", "-k", 3, "-", "-o", "-", "--report", "jsonl", stdin=b"".join(map(npy, xs)))
    assert ran.code == 1
    assert [row["status"] for row in rows_of(ran)] == ["failed", "done", "done"]
    same(unpacked(ran.out), [np.ones((3, 3)), np.ones((1, 1))])
    assert ran.err.startswith("Error: -: max -k 3: kernel 3 is larger than axis H")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (npy(np.ones((4, 4)))[:-1], "cut short"),
        (npy(np.ones((4, 4)))[:40], "header is damaged"),
        (
            npy_header("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), "),
            "header is damaged",
        ),
        (
            npy_header("{'descr': '<f4', 'fortran_order': False, 'shape': (100, 2), }\n", bytes(9)),
            "cut short",
        ),
        (npy(np.array([{}], object), allow_pickle=True), "pickled"),
        (b"\n", "what follows 2 arrays is no .npy"),
        (b"some words that are no array", "what follows 2 arrays is no .npy"),
    ],
)
def test_damage_leaves_what_was_before(cli, damage, said):
    ran = cli(
        "max", "-", "-o", "-", "--report", "jsonl", stdin=b"".join(map(npy, arrays(2))) + damage
    )
    assert ran.code == 1
    same(unpacked(ran.out), map(halves, arrays(2)))
    assert [row["status"] for row in rows_of(ran)] == ["done", "done", "failed"]
    assert rows_of(ran)[2]["input"] == "-[2]"
    assert said in rows_of(ran)[2]["reason"]


def test_a_claim_of_more_than_there_is(cli):
    raw = npy_header(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }\n", b"1234"
    )
    ran = cli("max", "-", "-o", "-", stdin=raw)
    assert (ran.code, ran.out) == (1, b"")
    assert ran.err.count("\n") == 1


def test_a_dry_run_reads_headers(cli):
    ran = cli(
        "max", "-", "-o", "-", "--dry-run", "--report", "jsonl", stdin=b"".join(map(npy, arrays()))
    )
    assert ran.out == b""
    assert [row["output_shape"] for row in rows_of(ran)] == [[2, 3], [3, 3], [4, 3]]


def test_images_are_as_they_were(cli):
    stream = io.BytesIO()
    Image.new("L", (8, 6), 7).save(stream, "PNG")
    ran = cli("max", "-", "-o", "-", stdin=stream.getvalue())
    with Image.open(io.BytesIO(ran.out)) as image:
        assert image.size == (4, 3)


def test_memory_is_limited_for_each(cli):
    xs = [np.ones((300, 300)), np.ones((10, 10))]
    ran = cli("max", "--global", "-", "-o", "-", "--max-memory", "1M", stdin=b"".join(map(npy, xs)))
    assert ran.code == 1
    same(unpacked(ran.out), [np.ones((1, 1))])
    ran = cli("avg", "-", "-o", "-", "--max-memory", "100k", stdin=b"".join(map(npy, xs)))
    assert ran.code == 0, ran.err
    same(unpacked(ran.out), [np.ones((150, 150)), np.ones((5, 5))])


# ---- real processes


def test_a_slow_producer_gets_results_as_they_are_ready(tmp_path):
    process = start("max - -o - -q", tmp_path, stdin=subprocess.PIPE)
    watch = threading.Timer(LONGEST, process.kill)  # a read that waits for ever fails
    watch.start()
    for x in arrays():
        raw = npy(x)
        process.stdin.write(raw[:3])
        process.stdin.flush()
        process.stdin.write(raw[3:])
        process.stdin.flush()
        wanted = npy(halves(x))
        assert process.stdout.read(len(wanted)) == wanted
    out, err = process.communicate()
    watch.cancel()
    assert (process.returncode, out, err) == (0, b"", b"")


def test_a_pipe_of_two(tmp_path):
    for number, x in enumerate(arrays()):
        np.save(tmp_path / f"{number}.npy", x)
    line = (
        "cat 0.npy 1.npy 2.npy | poolcli max -k 2 - -o - -q | poolcli avg -k 2 -s 1 - -o - -q"
        " | cat > all"
    )
    assert shell(line, tmp_path) == (["0"] * 4, "")
    for found, x in zip(
        unpacked((tmp_path / "all").read_bytes()), map(halves, arrays()), strict=True
    ):
        wide = x.astype(np.float64)
        wanted = (wide[1:, 1:] + wide[:-1, 1:] + wide[1:, :-1] + wide[:-1, :-1]) / 4
        np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_a_reader_that_has_had_enough_ends_it_quietly(tmp_path):
    process = start("max -k 1 - -o - -q", tmp_path, stdin=subprocess.PIPE)
    large = npy(np.ones((600, 600)))

    def feed():
        try:
            for _ in range(50):
                process.stdin.write(large)
            process.stdin.close()
        except OSError:
            with suppress(OSError):
                process.stdin.close()

    feeding = threading.Thread(target=feed)
    feeding.start()
    assert process.stdout.read(10) == large[:10]
    process.stdout.close()
    with process.stderr:
        assert (process.wait(timeout=LONGEST), process.stderr.read()) == (0, b"")
    feeding.join(timeout=LONGEST)


def test_memory_is_that_of_one_array(tmp_path):
    """A hundred arrays of 3 MB: the process may have 160 MB of memory of its own."""
    import resource

    process = start(
        "max - -o - -q",
        tmp_path,
        stdin=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (160_000_000, 160_000_000)),
    )
    raw = npy(np.ones((600, 640)))
    found = []
    reading = threading.Thread(target=lambda: found.append(len(process.stdout.read())))
    reading.start()
    for _ in range(100):
        process.stdin.write(raw)
    process.stdin.close()
    with process.stderr, process.stdout:
        assert (process.wait(timeout=LONGEST), process.stderr.read()) == (0, b"")
        reading.join()
    assert found == [100 * (128 + 300 * 320 * 8)]


def test_no_memory_to_read_over_an_array(cli, monkeypatch):
    """The array fails, and what follows it is not dropped in silence."""

    def refuse(_):
        raise MemoryError

    monkeypatch.setattr("poolcli.io.npy.IncomingArray.skip", refuse)
    stream = npy(np.zeros((4, 4))) + npy(np.ones((40, 40)))
    ran = cli("max", "-k", 9, "-", "-o", "-", stdin=stream)
    assert ran.code == 1
    assert "what follows it is not read" in ran.err
