"""The README says what is so: its tables are what the code prints, its commands and its Python run.

`python tests/docs/test_readme.py` writes the generated parts anew; `tests/support/frameworks.py` and
`python -m benchmarks.plot` have one of their own each.
"""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from poolcli.io import FORMATS

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
BLOCK = re.compile(r"<!-- begin: (?!frameworks |speed )(.*?) -->\n(.*?)<!-- end -->", re.DOTALL)


def formats():
    """The table of formats."""
    rows = [
        f"| {one.name} | {' '.join(one.suffixes)} | {', '.join(one.modes) or 'any array'} | {one.note} |"
        for one in FORMATS
    ]
    return "\n".join(["| format | suffixes | holds | notes |", "|---|---|---|---|", *rows, ""])


def output(command):
    """What a command prints, as a block of code."""
    from click.testing import CliRunner

    from poolcli.cli.group import poolcli

    result = CliRunner().invoke(poolcli, shlex.split(command)[1:], catch_exceptions=False)
    lines = "\n".join(line.rstrip() for line in result.output.rstrip().splitlines())
    return f"```\n$ {command}\n{lines}\n```\n"


def generated(name):
    """The text of a generated part."""
    return formats() if name == "formats" else output(name)


def blocks():
    return BLOCK.findall(README.read_text(encoding="utf-8"))


def scripts():
    """The README's shell blocks, each a list of commands, but those that set up an environment."""
    for block in re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL):
        if "venv" not in block:
            yield [line.split(" #")[0].strip() for line in block.splitlines()]


@pytest.mark.parametrize(("name", "text"), blocks(), ids=lambda part: part.splitlines()[0])
def test_generated_parts_are_up_to_date(name, text, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert text == generated(name), "run: python tests/docs/test_readme.py"


@pytest.fixture
def folder(tmp_path):
    """What the README's commands speak of."""
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    shutil.copy(ROOT / "samples/scene.png", tmp_path / "img.png")
    shutil.copy(ROOT / "samples/depth.png", tmp_path / "depth.png")
    shutil.copy(ROOT / "samples/edges.npy", tmp_path / "features.npy")
    shutil.copy(ROOT / "samples/edges.npy", tmp_path / "x.npy")
    shutil.copytree(
        ROOT / "samples", tmp_path / "photos", ignore=shutil.ignore_patterns("edges.npy", "pooled")
    )
    return tmp_path


@pytest.mark.parametrize("script", list(scripts()), ids=lambda script: script[0])
def test_commands_run(cli, folder, script):
    for command in script:
        data = b""
        for part in command.split(" | ") if command.startswith("cat") else [command]:
            words = shlex.split(part)
            if words[0] == "cat":
                data = (folder / words[1]).read_bytes()
                continue
            ran = cli(*words[1:], stdin=data)
            assert (words[0], ran.code) == ("poolcli", 0), ran.err
            data = ran.out


def test_there_are_commands():
    assert sum(map(len, scripts())) >= 16
    assert len(blocks()) >= 4


def test_python_runs():
    (block,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(block, "README.md", "exec"), {})


def test_recipe_is_read():
    from poolcli.pipeline.parser import recipe

    (block,) = re.findall(r"```toml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    pipeline, shape = recipe(block)
    assert (str(pipeline), shape) == ("max -k 3 -s 2 -p 1 | avg --global", "1x64x112x112")


def test_links_lead_to_files():
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README.read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []
    assert "samples/gallery/README.md" in links


def test_the_plan_of_the_architecture_names_rooms_that_are_there():
    text = README.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:poolcli|engine|io|report|cli|tests)/[\w/.]*)`", text):
        assert (ROOT / name).exists() or (ROOT / "poolcli" / name).exists(), name


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    README.write_text(
        BLOCK.sub(
            lambda part: f"<!-- begin: {part[1]} -->\n{generated(part[1])}<!-- end -->", text
        ),
        encoding="utf-8",
    )
