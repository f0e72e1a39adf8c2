"""poolcli.toml sets defaults of options, and says what is wrong with it."""

import json

import pytest


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A function that writes the file of the working folder; the user's is in `home`."""
    monkeypatch.delenv("POOLCLI_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    return (tmp_path / "poolcli.toml").write_text


def test_defaults_of_commands_that_pool_files(cli, photo, config, tmp_path):
    config('report = "json"\njobs = 1\n\n[avg]\nreport = "csv"\noverwrite = true\n')
    assert json.loads(cli("max", "photo.png").out)["total"]["done"] == 1
    assert cli("avg", "photo.png").out.startswith(b"input,output,")
    assert cli("avg", "photo.png").code == 0  # it overwrites
    assert cli("max", "photo.png", "--overwrite", "--report", "none").out == b""
    assert not cli("info", "photo.png").out.startswith(b"[")  # which pools nothing


def test_the_folder_goes_before_the_user(cli, photo, config, tmp_path):
    (tmp_path / "home/poolcli").mkdir(parents=True)
    (tmp_path / "home/poolcli/poolcli.toml").write_text('report = "csv"\nname = "{stem}2.png"\n')
    config('report = "jsonl"\n')
    assert json.loads(cli("max", "photo.png").out)["output"] == "photo2.png"


def test_a_variable_names_the_only_file(cli, photo, config, tmp_path, monkeypatch):
    config('report = "json"\n')
    (tmp_path / "other.toml").write_text('report = "csv"\n')
    monkeypatch.setenv("POOLCLI_CONFIG", "other.toml")
    assert cli("max", "photo.png").out.startswith(b"input,output,")
    monkeypatch.setenv("POOLCLI_CONFIG", "")
    assert cli("avg", "photo.png", "-q").out == b""


def test_config_prints_what_is_set_where(cli, config):
    assert b"No defaults are set" in cli("config").out
    config("jobs = 2\n[view]\nrecursive = true\n")
    assert json.loads(cli("config", "--report", "json").out) == [
        {"command": "all that pool files", "option": "jobs", "value": "2", "file": "poolcli.toml"},
        {"command": "view", "option": "recursive", "value": True, "file": "poolcli.toml"},
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("kernel = 3", "kernel cannot be set here; what is computed stands on the command line"),
        ("job = 3", "job cannot be set here; did you mean jobs?"),
        ("[mean]\njobs = 3", "there is no command 'mean'; did you mean avg?"),
        ("jobs = true", "jobs takes a text or a number, not True"),
        ("recursive = 1", "recursive takes true or false, not 1"),
        ('include = "*.png"', "include takes a list of texts, not '*.png'"),
        ("jobs =", "Invalid value (at"),
    ],
)
def test_what_is_wrong(cli, photo, config, text, reason):
    config(text)
    ran = cli("max", "photo.png")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert ran.err.startswith(f"Error: poolcli.toml: {reason}")
