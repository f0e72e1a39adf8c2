"""The command `info`."""

import json

import numpy as np
from PIL import Image


def test_info(cli, photo, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((2, 3, 4, 5), np.float16))
    rows = json.loads(cli("info", "photo.png", "x.npy", "--report", "json").out)
    assert [
        (row["format"], row["shape"], row["dtype"], row["layout"], row["mode"]) for row in rows
    ] == [
        ("png", [12, 16, 3], "uint8", "HWC", "RGB"),
        ("npy", [2, 3, 4, 5], "float16", "NCHW", ""),
    ]
    ran = cli("info", "photo.png", "nothing.png")
    assert ran.code == 1
    assert "photo.png" in ran.text
    assert "nothing.png" in ran.err


def test_without_a_file_it_says_what_is_installed(cli, monkeypatch):
    monkeypatch.setenv("POOLCLI_BACKEND", "plain")
    (record,) = json.loads(cli("info", "--report", "json").out)
    assert record["backend"] == "plain"
    assert record["threads"] >= 1
    assert cli("info").text.splitlines()[0].split() == ["poolcli", "backend", "threads", "extras"]
    assert cli("--version").text == f"poolcli {record['poolcli']} (plain backend)\n"


def test_a_backend_that_there_is_not_is_a_wrong_request(cli, photo, monkeypatch):
    monkeypatch.setenv("POOLCLI_BACKEND", "fast")
    ran = cli("max", "photo.png")
    assert ran.code == 2
    assert ran.err == "Error: POOLCLI_BACKEND=fast: takes plain or compiled\n"


def test_frames_that_are_alike_share_a_row(cli, tmp_path):
    frames = [Image.new("L", (4, 4), shade) for shade in (0, 99, 200)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    np.savez(tmp_path / "x.npz", a=np.zeros(2), b=np.zeros(3))
    text = cli("info", "a.gif", "x.npz").text
    assert [line.split()[:3] for line in text.splitlines()[2:]] == [
        ["a.gif", "0", ".."],
        ["x.npz", "a", "npz"],
        ["x.npz", "b", "npz"],
    ]
    assert len(json.loads(cli("info", "a.gif", "--report", "json").out)) == 3
