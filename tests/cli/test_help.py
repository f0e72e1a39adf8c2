"""Help: sections, examples, widths."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from processes import on_terminal
from representatives import first

from poolcli.cli.examples import EXAMPLES
from poolcli.cli.group import COMMANDS, REFERENCE_SECTIONS
from poolcli.pipeline.kinds import FLAG
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


@pytest.mark.parametrize(
    "name",
    [
        *(name for name in EXAMPLES if name != "bench"),
        pytest.param("bench", marks=pytest.mark.complete),
    ],
)
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


@pytest.mark.parametrize("words", first(1, ["median --help", "--help", "shape --help"]))
@pytest.mark.parametrize("columns", first(2, [40, 200, 60, 80]))
def test_help_fits_the_terminal(tmp_path, words, columns):
    code, shown, _ = on_terminal(words, tmp_path, columns)
    assert code == 0
    lines = shown.replace("\r", "").split("\nExamples:")[0].split("\n")
    broken = [line for line in lines if line.count("|") < 3]  # no words to choose from
    assert max(map(len, broken)) <= min(columns, 100)
    assert max(map(len, lines)) > min(columns, 100) * 0.7


def test_the_top_page_tells_exit_codes_and_environment(cli):
    for text in (cli("--help").text, cli("man").text.replace(r"\-", "-")):
        for rows in REFERENCE_SECTIONS.values():
            for word, _ in rows:
                assert word in text


@pytest.mark.parametrize("name", [*OPS, "run", "shape", "ops", "info"])
def test_every_command_has_its_help(cli, name):
    ran = cli(name, "--help")
    assert ran.code == 0
    assert name in ran.text
    for parameter in OPS[name].options if name in OPS else ():
        assert parameter.flag in ran.text
        assert parameter.kind is not FLAG or not parameter.off or parameter.off in ran.text
    assert name in cli("--help").text


@pytest.mark.parametrize("name", list(OPS))
def test_help_names_the_words_that_an_option_takes(cli, name):
    text = " ".join(cli(name, "--help").text.split())
    for parameter in OPS[name].options:
        assert all(word in text for word in parameter.kind.choices if parameter.flags)


def test_every_command_has_examples():
    assert EXAMPLES.keys() == {"poolcli", *OPS, *COMMANDS}, "write them in poolcli/cli/examples.py"


@pytest.mark.parametrize("name", ["max", "compare", "run"])
def test_no_word_is_cut_at_a_hyphen(cli, monkeypatch, name):
    for columns in (40, 60, 80, 100):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = cli(name, "--help").out.decode().splitlines()
        assert not [line for line in lines if re.search(r"[a-z]-$", line)]
