"""Real processes: pipes, signals, terminals. What a shell sees, and never a traceback."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from processes import LONGEST, POOLCLI, end, on_terminal, run, shell, start, without_colours
from representatives import first


@pytest.fixture
def big(tmp_path):
    """A picture whose pooled file is larger than a pipe's buffer."""
    pixels = np.random.default_rng(0).integers(0, 256, (600, 600, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "big.png", compress_level=1)
    return pixels


def blocks(x, size):
    """The windows of `size` by `size` that lie side by side in an HWC image."""
    height, width = x.shape[0] // size, x.shape[1] // size
    return x[: height * size, : width * size].reshape(height, size, width, size, -1)


def largest_around(x):
    """The maximum of each pixel and its neighbours."""
    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
    return np.max(
        [padded[i : i + x.shape[0], j : j + x.shape[1]] for i in range(3) for j in range(3)], axis=0
    )


# ---- pipes


def test_a_pipe_of_images(tmp_path, big):
    line = "poolcli avg -k 2 big.png -o - | poolcli max -k 3 -s 1 -p same - -o b.png -q"
    codes, err = shell(line, tmp_path)
    assert codes == ["0", "0"]
    assert "big.png" in err  # the report of the command that writes to stdout
    mean = np.rint(blocks(big, 2).mean((1, 3))).astype(np.uint8)
    with Image.open(tmp_path / "b.png") as result:
        np.testing.assert_array_equal(np.asarray(result), largest_around(mean))


@pytest.mark.complete
def test_a_pipe_of_arrays(tmp_path):
    x = np.random.default_rng(0).random((64, 48)).astype(np.float32)
    np.save(tmp_path / "a.npy", x)
    line = "poolcli avg -k 2 a.npy -o - -q | poolcli max -k 3 -s 1 -p same - -o - -q | cat > b.npy"
    assert shell(line, tmp_path) == (["0", "0", "0"], "")
    mean = x.reshape(32, 2, 24, 2).astype(np.float64).mean((1, 3)).astype(np.float32)
    np.testing.assert_allclose(
        np.load(tmp_path / "b.npy"), largest_around(mean[..., None])[..., 0], rtol=1e-6
    )


@pytest.mark.parametrize("to", ["png", "tiff", "webp", "ppm"])
def test_stdin_and_stdout_carry_the_format(cli, tmp_path, big, to):
    ran = cli(*f"max - -o - -q --to {to}".split(), stdin=(tmp_path / "big.png").read_bytes())
    assert (ran.code, ran.err) == (0, "")
    with Image.open(io.BytesIO(ran.out)) as result:
        assert result.format == to.upper()
        np.testing.assert_array_equal(np.asarray(result), blocks(big, 2).max((1, 3)))


@pytest.mark.parametrize(
    "line",
    first(
        4,
        [
            "poolcli max -k 1 big.png -o - -q | head -c 10 > ten",
            "poolcli max big.png -o a.png | true",
            "poolcli ops | true",
            "poolcli --help | true",
            "poolcli max -k 1 big.png -o - --to npy -q | head -c 10 > ten",
            "poolcli max big.png -o a.png --report json | true",
            "poolcli max big.png -o a.png --report jsonl | true",
            "poolcli ops --report json | true",
            "poolcli info big.png | true",
            "poolcli shape 'max -k 2' big.png | true",
        ],
    ),
)
def test_a_closed_pipe_ends_quietly(tmp_path, big, line):
    (code, *_), err = shell(line, tmp_path)
    assert (code, err) == ("0", "")


def test_a_closed_pipe_hides_no_failure(tmp_path, big):
    (code, *_), err = shell("poolcli max big.png none.png -o out | true", tmp_path)
    assert code == "1"
    assert err.count("\n") == 1
    assert "none.png" in err


def test_nothing_on_stdin(tmp_path):
    code, out, err = run("max - -o -", tmp_path)
    assert (code, out) == (1, b"")
    assert err == "Error: -: the file is empty\n"


def test_closed_streams(tmp_path, big):
    codes, err = shell("poolcli max - -o - <&-", tmp_path)
    assert codes == ["1"]
    assert err == "Error: -: the file is empty\n"
    codes, err = shell("poolcli max big.png -o a.png >&-", tmp_path)
    assert (codes, err) == (["0"], "")
    codes, err = shell("poolcli max big.png none.png -o out >&- 2>&-", tmp_path)
    assert (codes, err) == (["1"], "")
    assert (tmp_path / "out/big.png").read_bytes() == (tmp_path / "a.png").read_bytes()
    codes, err = shell("poolcli max big.png -o - >&-", tmp_path)
    assert codes == ["2"]
    assert err == "Error: -o - has nowhere to write, as stdout is closed: give -o FILE\n"


def test_a_current_folder_that_is_gone(tmp_path, big):
    codes, err = shell("mkdir d; cd d; rmdir ../d; poolcli max x.png", tmp_path)
    assert codes == ["1"]
    assert err == "Error: the current folder was removed: go to another one\n"


def test_a_named_pipe_is_written_not_replaced(tmp_path, big):
    os.mkfifo(tmp_path / "fifo")
    with (tmp_path / "copy.png").open("wb") as copy:
        reader = subprocess.Popen(["cat", "fifo"], cwd=tmp_path, stdout=copy)
    assert run("max big.png -o fifo -q --to png", tmp_path)[0] == 0
    assert reader.wait(timeout=LONGEST) == 0
    with Image.open(tmp_path / "copy.png") as result:
        np.testing.assert_array_equal(np.asarray(result), blocks(big, 2).max((1, 3)))
    assert (tmp_path / "fifo").is_fifo()


# ---- interruption


def test_interruption_while_it_waits_for_stdin(tmp_path):
    process = start("max - -o out.png", tmp_path, stdin=subprocess.PIPE)
    process.stdin.write(bytes(1_000_000))  # more than a pipe holds: once it is gone, somebody reads
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    code, out, err = end(process)
    assert (code, out, err.strip()) == (130, b"", "Error: interrupted")
    assert list(tmp_path.iterdir()) == []


# ---- terminals


def test_binary_is_refused_on_a_terminal(tmp_path, big):
    code, shown, _ = on_terminal("max big.png -o -", tmp_path)
    assert code == 2
    assert shown.startswith("Error: -o - would write binary to the terminal: ")
    assert "PNG" not in shown


@pytest.mark.parametrize("words", first(1, ["max - -o a.png", "info -", "view - --show=half"]))
def test_a_terminal_is_no_input(tmp_path, words):
    code, shown, _ = on_terminal(words, tmp_path)
    assert code == 2
    assert shown.startswith("Error: - reads from a pipe, and stdin is a terminal: ")
    assert list(tmp_path.iterdir()) == []


def test_progress_is_for_terminals(tmp_path, big):
    (tmp_path / "more.png").hardlink_to(tmp_path / "big.png")
    code, shown, out = on_terminal("max big.png more.png -o out", tmp_path, stdout=subprocess.PIPE)
    assert code == 0
    assert "pooling" in shown
    assert b"pooling" not in out
    assert b"\x1b" not in out
    code, shown, _ = on_terminal("max big.png more.png -o out --overwrite -q", tmp_path)
    assert (code, shown) == (0, "")


@pytest.mark.complete
def test_progress_of_one_large_array(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((64, 256, 256), np.uint16))
    words = "max -k 2 x.npy -o y.npy --max-memory 2M"
    code, shown, out = on_terminal(words, tmp_path, stdout=subprocess.PIPE)
    assert code == 0
    assert "pooling" in shown
    assert "MB/s" in shown
    assert b"MB/s" not in out
    assert "MB/s" not in on_terminal(f"{words} --overwrite -q", tmp_path)[1]


@pytest.mark.complete
def test_progress_is_not_for_files(tmp_path, big):
    (tmp_path / "more.png").hardlink_to(tmp_path / "big.png")
    code, shown, _ = on_terminal("max big.png more.png -o out", tmp_path, stderr=subprocess.PIPE)
    assert code == 0
    assert "pooling" not in shown
    code, out, err = run("max big.png more.png -o out --overwrite", tmp_path)
    assert (code, err) == (0, "")
    assert "\x1b" not in out.decode()


def test_failures_show_beside_the_progress(tmp_path, big):
    code, shown, _ = on_terminal("max big.png none.png -o out", tmp_path)
    assert code == 1
    assert "Error: none.png: there is no such file or folder" in shown
    assert "1 done, 1 failed" in shown


@pytest.mark.parametrize("columns", first(2, [40, 100, 60, 80, 200]))
def test_tables_fit_the_terminal(tmp_path, columns):
    np.save(tmp_path / "features.npy", np.zeros((1, 64, 56, 56), np.float32))
    code, shown, _ = on_terminal("max -k 3 -s 2 features.npy --dry-run", tmp_path, columns)
    lines = [line for line in without_colours(shown).splitlines() if line.strip()]
    assert code == 0
    assert max(map(len, lines)) <= columns
    assert any("1x64x56x56 →" in line for line in lines)  # what is a word stays in one piece
    assert any("1x64x27x27" in line for line in lines)
    assert any("float32" in line for line in lines)


# ---- surroundings


def python(script, folder):
    """What a script did, run by Python in a folder."""
    words = [sys.executable, "-c", script]
    return subprocess.run(words, cwd=folder, capture_output=True, check=False, timeout=LONGEST)


def test_module_and_script_are_one(tmp_path):
    script = os.path.join(os.path.dirname(sys.executable), "poolcli")  # noqa: PTH118, PTH120
    for command in (POOLCLI, [script]):
        for words in (["--version"], ["max", "--help"]):
            ran = subprocess.run(
                [*command, *words], cwd=tmp_path, capture_output=True, check=True, text=True
            )
            assert ran.stdout.startswith(("poolcli ", "Usage: poolcli max"))
            assert ran.stderr == ""


def test_help_keeps_its_examples_in_lines(cli):
    for words in ("--help", "run --help", "shape --help"):
        ran = cli(*words.split())
        assert ran.code == 0
        assert "\\b" not in ran.text
        assert any(
            line.strip().startswith("poolcli ") and len(line) < 80 for line in ran.text.splitlines()
        )


def test_encodings_without_an_arrow(tmp_path, big):
    (tmp_path / "big.png").rename(tmp_path / "größe.png")
    code, out, err = run("max größe.png", tmp_path, env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert (code, err) == (0, "")
    assert b"600x600x3 -> 300x300x3" in out
    code, out, err = run(
        "max größe.png gibt-es-nicht-ß", tmp_path, env=os.environ | {"PYTHONIOENCODING": "ascii"}
    )
    assert code == 1
    assert "gibt-es-nicht-\\xdf: there is no such file" in err


@pytest.mark.parametrize("style", first(1, ["table", "json", "jsonl", "csv"]))
def test_names_that_are_not_utf_8(tmp_path, big, style):
    os.rename(tmp_path / "big.png", os.fsencode(tmp_path) + b"/\xff.png")  # noqa: PTH104
    code, out, err = run(f"max . -o out --report {style}", tmp_path)
    assert (code, err) == (0, "")
    assert out
    assert [os.fsencode(path.name) for path in (tmp_path / "out").iterdir()] == [b"\xff.png"]


@pytest.mark.parametrize(
    ("ending", "code", "told"),
    [
        ("sys.exit(3)", 3, b""),
        ("sys.exit(0)", 0, b""),
        ("raise RuntimeError('a defect')", 1, b"RuntimeError: a defect"),
    ],
)
def test_what_is_to_be_done_at_the_end_is_done(tmp_path, ending, code, told):
    script = (
        "import atexit, sys\nfrom poolcli import __main__ as entry\n"
        "from poolcli.cli import main as command_line\n"
        "def main():\n    atexit.register(print, 'at the end')\n    print('written')\n"
        f"    {ending}\n"
        "command_line.main = main\nentry.run()\n"
    )
    ran = python(script, tmp_path)
    assert ran.returncode == code
    assert ran.stdout == b"written\nat the end\n"
    assert told in ran.stderr
    assert bool(ran.stderr) == bool(told)


def test_interruption_while_it_loads(tmp_path):
    script = (
        "import sys\nfrom poolcli import __main__ as entry\n"
        "class Interrupting:\n    def find_spec(self, *_):\n        raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupting())\nentry.run()\n"
    )
    ran = python(script, tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, b"", b"Error: interrupted\n")


full_device = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="there is no /dev/full here"
)


@full_device
@pytest.mark.parametrize(
    ("words", "code"),
    first(1, [("max none*.png -o out", 3), ("max big.png -k 0", 2), ("nosuch", 2)]),
)
def test_a_full_stderr_leaves_the_exit_code(tmp_path, big, words, code):
    with Path("/dev/full").open("wb") as full:
        assert run(words, tmp_path, stderr=full)[0] == code


@full_device
def test_help_on_a_full_or_closed_stdout(tmp_path):
    with Path("/dev/full").open("wb") as full:
        code, _, told = run("", tmp_path, stdout=full)
    assert (code, told.startswith("Error: stdout: ")) == (1, True)
    assert shell("poolcli | true", tmp_path) == (["0", "0"], "")


# ---- threads


@pytest.mark.parametrize(("given", "found"), [(None, "1"), ("3", "3")], ids=["default", "given"])
def test_numpy_starts_no_threads_that_are_not_asked_for(tmp_path, given, found):
    (tmp_path / "told.py").write_text("import os\nprint(os.environ['OPENBLAS_NUM_THREADS'])\n")
    environment = {name: value for name, value in os.environ.items() if "OPENBLAS" not in name}
    ended = subprocess.run(
        [*POOLCLI, "--plugin", "told.py", "--version"],
        cwd=tmp_path,
        env=environment | ({"OPENBLAS_NUM_THREADS": given} if given else {}),
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert ended.stdout.splitlines()[0] == found
