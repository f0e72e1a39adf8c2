"""Help, examples and manual pages: one text, in groups, at any width; every example runs."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from test_process import on_terminal, plain

from poolcli.cli.examples import EXAMPLES
from poolcli.cli.group import COMMANDS, REFERENCE_SECTIONS
from poolcli.pipeline.table import OPS

SAMPLES = Path(__file__).parents[2] / "samples"
NAMES = {
    "img.png": "scene.png",
    "depth.png": "depth.png",
    "labels.png": "labels.png",
    "x.npy": "edges.npy",
}


def visible(line):
    """The commands of a line that poolcli itself can run, what a shell does to them left out."""
    text = line.split("  #")[0].split("   #")[0]
    text = re.sub(r'^eval "\$\((.*)\)"$', r"\1", text.strip())
    return shlex.split(re.split(r" > | \| (?:man|source)\b", text)[0])


@pytest.fixture
def files(tmp_path):
    """The files that the examples speak of."""
    shutil.copytree(SAMPLES, tmp_path / "samples")
    for name, sample in NAMES.items():
        shutil.copy(SAMPLES / sample, tmp_path / name)
    shutil.copy(SAMPLES / "edges.npy", tmp_path / "features.npy")
    (tmp_path / "photos").mkdir()
    shutil.copy(SAMPLES / "scene.png", tmp_path / "photos")
    return tmp_path


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_examples_run(cli, files, name):
    if name in ("unpool", "restore"):
        assert cli("avg", "-k", 2, "img.png", "-o", "small.png", "-q").code == 0
    for line in EXAMPLES[name]:
        words = visible(line)
        assert words[0] == "poolcli"
        ran = cli(*words[1:])
        faults = [
            told for told in ran.err.splitlines() if not told.startswith("not installed: ")
        ]  # says bench
        assert (ran.code, faults) == (0, []), line


def test_examples_are_of_their_command_and_fit():
    for name, lines in EXAMPLES.items():
        assert name == "poolcli" or any(f"poolcli {name}" in line for line in lines)
        assert max(map(len, lines)) <= 88


@pytest.mark.parametrize("name", [*OPS, *COMMANDS])
def test_help_is_in_groups_and_ends_with_examples(cli, name):
    text = cli(name, "--help").text
    titles = re.findall(r"^(\w[\w ]*):$", text, re.MULTILINE)
    assert titles[-2:] == ["Other", "Examples"]
    known = [
        "Windows",
        "Formula",
        "Values",
        "Pipeline",
        "Pictures",
        "Inputs",
        "Outputs",
        "Run",
        "Report",
    ]
    order = [title for title in titles if title in ("Inputs", "Outputs", "Run", "Report")]
    assert order == sorted(order, key=known.index)
    for line in EXAMPLES[name]:
        assert f"\n  {line}\n" in text
    if name in OPS:
        assert {"Inputs", "Outputs", "Run", "Report"} <= set(titles)


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_help_fits_the_terminal(tmp_path, columns):
    for words in ("--help", "median --help", "shape --help"):
        code, shown, _ = on_terminal(words, tmp_path, columns)
        assert code == 0
        lines = shown.replace("\r", "").split("\nExamples:")[0].split("\n")
        broken = [
            line for line in lines if line.count("|") < 3
        ]  # words to choose from stay in one piece
        assert max(map(len, broken)) <= min(columns, 100)
        assert max(map(len, lines)) > min(columns, 100) * 0.7


@pytest.mark.parametrize(
    ("words", "head"), [("ops", "max"), ("semantics", "stride, when not given")]
)
def test_tables_turn_on_their_side_where_it_is_narrow(tmp_path, words, head):
    code, shown, _ = on_terminal(words, tmp_path, 40)
    lines = plain(shown).replace("\r", "").split("\n")
    assert (code, lines[0]) == (0, head)
    assert max(map(len, lines)) <= 40
    assert all(line.startswith("  ") for line in lines[1:3])
    wide = plain(on_terminal(words, tmp_path, 200)[1])
    told = "".join(" ".join(lines).split())
    assert all(
        "".join(cell.split()) in told for cell in wide.split("\n")[2].strip().split("   ")[:2]
    )


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        ("maxx a.png", "did you mean max?"),
        ("max --kernal 3 a.png", "did you mean --kernel?"),
        ("view --chanels 3 a.npy", "did you mean --channels?"),
        ("run 'max | agv' a.png", "did you mean avg?"),
        ("run 'max --kernl 3' a.png", "did you mean --kernel?"),
        ("fuse 'maxx -k 2' a.png", "did you mean max?"),
        ("pyramid --op avgg a.png", "did you mean avg?"),
        ("max --to pgn a.png", "no format 'pgn'; did you mean"),
        ("max --to jpg --save qualty=3 a.png", "did you mean quality?"),
        ("max --semantics toch a.png", "takes poolcli, torch, onnx or keras"),
        ("max --report tabel a.png", "is not one of 'table', 'json'"),
        ("man maxx", "did you mean max?"),
        ("completion bsh", "is not one of 'bash', 'zsh', 'fish'"),
    ],
)
def test_what_is_misspelt_is_told_how(cli, photo, words, cure):
    ran = cli(*shlex.split(words.replace("a.png", "photo.png")))
    assert (ran.code, ran.out) == (2, b"")
    assert cure in ran.err
    assert ran.err.count("\n") == 1


# ---- manual pages


@pytest.mark.parametrize("name", ["", *OPS, *COMMANDS])
def test_a_manual_page_says_what_help_says(cli, name):
    page = cli("man", *name.split()).text
    bare = re.sub(
        r"\\\((\w\w)",
        lambda found: {"aq": "'", "rs": "\\", "ha": "^", "ti": "~", "dq": '"'}[found[1]],
        page,
    )
    bare = bare.replace(r"\-", "-").replace(r"\&", "")
    told = " ".join(re.sub(r"^\.\w+ ?", "", bare, flags=re.MULTILINE).split())
    for line in cli(*name.split(), "--help").text.split("\n")[1:]:
        for part in re.split(r"\s{2,}", line.strip().rstrip(":")):
            word = part.split("  ")[0]
            assert word.lower() in told.lower(), word
    assert page.startswith(f'.TH "POOLCLI{chr(92) + "-" if name else ""}')
    assert [line for line in page.split("\n") if line.startswith("'")] == []


def test_groff_takes_the_pages(cli, tmp_path):
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    for name in ("", *OPS, *COMMANDS):
        page = cli("man", *name.split()).out
        ran = subprocess.run(
            ["groff", "-man", "-ww", "-Tutf8"], input=page, capture_output=True, check=True
        )
        assert ran.stderr == b""
        text = re.sub(rb"\x1b\[[\d;]*m|.\x08", b"", ran.stdout).decode()
        for title in ("NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES"):
            assert f"\n{title}\n" in text
        for line in EXAMPLES[name or "poolcli"]:
            assert line in text


def test_the_top_page_tells_exit_codes_and_environment(cli):
    for text in (cli("--help").text, cli("man").text.replace(r"\-", "-")):
        for rows in REFERENCE_SECTIONS.values():
            for word, _ in rows:
                assert word in text
