"""Errors and warnings name only options that the command has, or that its pipelines take."""

import re

import click
import numpy as np
import pytest
from PIL import Image

from poolcli.cli.group import poolcli
from poolcli.pipeline.registry import op_named
from poolcli.pipeline.synonyms import OPTIONS
from poolcli.pipeline.table import OPS
from poolcli.resources import limits

COMMANDS = {
    "max": "max {}",
    "blur": "blur {}",
    "sample": "sample {}",
    "mode": "mode {} --report json",
    "roi-align": "roi-align --boxes boxes.csv --output-size 2 {}",
    "unpool": "unpool --indices there.npy {}",
    "restore": "restore --output-size 5x5 {}",
    "pyramid": "pyramid --op avg {}",
    "fuse": "fuse max avg {}",
    "run": "run max {}",
    "info": "info {}",
    "shape": "shape max {}",
    "view": "view {}",
    "compare": "compare max avg {} --report json",
    "explain": "explain max {}",
    "bench": "bench max {} --peers none",
}
FAULTS = {
    "bomb": "bomb.png",
    "archive": "zeros.npz",
    "missing": "missing.png",
    "empty": "empty.png",
    "cut": "cut.png",
    "complex": "complex.npy",
    "six axes": "six.npy",
    "layout": "--layout NCHW small.png",
    "layout of an array": "--layout NHWCX six.npy",
    "nothing there": "--include *.xyz folder",
    "no layout": "--layout QQ small.png",
    "page": "--page 9 small.png",
    "there already": "-o there.npy small.npy",
    "no such format": "-o a.xyz small.npy",
    "floats": "-o a.png small.npy",
    "a tiny budget": "--max-memory 1 small.npy",
    "no size": "--max-memory much small.npy",
    "a kernel too large": "-k 99 small.npy",
}


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder with what cannot be read, or only by those who trust it."""
    monkeypatch.setattr(limits, "LARGE", 1000)
    Image.fromarray(np.zeros((50, 60), np.uint8)).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    Image.fromarray(np.zeros((20, 20), np.uint8)).save(tmp_path / "small.png")
    raw = (tmp_path / "small.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(raw[:-30])
    (tmp_path / "empty.png").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "boxes.csv").write_text("0,0,1,1\n")
    np.savez_compressed(tmp_path / "zeros.npz", x=np.zeros((400, 400)))
    np.save(tmp_path / "complex.npy", np.ones((4, 4), complex))
    np.save(tmp_path / "six.npy", np.ones((1,) * 6))
    np.save(tmp_path / "small.npy", np.ones((9, 9)))
    np.save(tmp_path / "there.npy", np.zeros((9, 9), np.int64))


def flags_of(parameters):
    return {flag for each in parameters for flag in (*each.opts, *each.secondary_opts)}


def allowed(name):
    """The flags of a command; where it takes pipelines, those of every operation, too."""
    command = poolcli.get_command(click.Context(poolcli), name)
    flags = flags_of(command.params)
    if name in ("run", "fuse", "pyramid", "shape", "compare", "explain", "bench"):
        flags |= {flag for op in OPS for option in op_named(op).options for flag in option.flags}
    return flags


def named(text):
    """The flags that a message names: by themselves, and not in an example of a command."""
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) - {"--help", "--version"}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("fault", FAULTS)
def test_cures_are_options_of_the_command(cli, files, command, fault):
    words = COMMANDS[command].format(FAULTS[fault]).split()
    ran = cli(*words)
    assert named(ran.err) <= allowed(command) | set(words), ran.err


@pytest.mark.parametrize("command", COMMANDS)
def test_synonyms_stand_for_options_of_the_command(cli, files, command):
    for word in OPTIONS:
        ran = cli(*COMMANDS[command].format("small.npy").split(), f"--{word}")
        assert named(ran.err) <= allowed(command) | {f"--{word}"}, ran.err
