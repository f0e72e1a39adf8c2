"""Untrusted files: bombs, names that lead elsewhere, circular links, changes while reading."""

import io
import json
import os
import struct
import zipfile

import numpy as np
import pytest
from handmade import npy, png, tiff
from PIL import Image

from poolcli.errors import FileError
from poolcli.io.npy import read_array
from poolcli.resources.limits import Budget, limits
from poolcli.run import pool_file, stdin


def saved(kind, size=(40, 30), **options):
    stream = io.BytesIO()
    Image.new("RGB", size, (9, 99, 200)).save(stream, kind, **options)
    return bytearray(stream.getvalue())


def gif():
    raw = saved("GIF")
    raw[6:10] = struct.pack("<HH", 65535, 65535)
    return raw


def bmp():
    raw = saved("BMP")
    raw[18:26] = struct.pack("<ii", 60_000, 60_000)
    return raw


def jpeg():
    raw = saved("JPEG")
    frame = raw.index(b"\xff\xc0")
    raw[frame + 5 : frame + 9] = struct.pack(">HH", 65_000, 65_000)
    return raw


def webp():
    raw = saved("WEBP", lossless=True, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0")
    canvas = raw.index(b"VP8X") + 12
    raw[canvas : canvas + 6] = b"\xfe\x3f\0\xfe\x3f\0"  # 16383 pixels a side
    return raw


BOMBS = {
    "png": lambda: png(60_000, 60_000, 8, 2, bytes(1000)),
    "gif": gif,
    "bmp": bmp,
    "jpg": jpeg,
    "webp": webp,
    "tif": lambda: tiff(60_000, 60_000, 8, bytes(100)),
}


@pytest.mark.parametrize("kind", BOMBS)
@pytest.mark.parametrize("command", ["max", "max --dry-run"])
def test_bombs_of_every_format(cli, tmp_path, kind, command):
    (tmp_path / f"bomb.{kind}").write_bytes(BOMBS[kind]())
    ran = cli(*command.split(), f"bomb.{kind}")
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    if kind not in ("webp", "tif"):  # whose sizes are held against the file first
        assert "pixels" in ran.err
        assert "if you trust it, give --max-memory" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == [f"bomb.{kind}"]


def test_what_a_bomb_claims_to_be(cli, tmp_path):
    (tmp_path / "bomb.png").write_bytes(BOMBS["png"]())
    ran = cli("info", "bomb.png")
    assert (ran.code, ran.err) == (0, "")
    assert "60000x60000x3" in ran.text


def test_a_bomb_that_memory_is_not_enough_for(cli, tmp_path):
    (tmp_path / "bomb.png").write_bytes(BOMBS["png"]())
    ran = cli("max", "bomb.png", "--max-memory", "4G")
    assert ran.code == 1
    assert "bomb.png: what is read and written takes 45.9 GB, " in ran.err
    assert "give at least 459" in ran.err


def test_many_frames_are_a_bomb_too(cli, tmp_path):
    first, *more = (Image.effect_noise((300, 300), sigma) for sigma in range(1, 41))
    first.save(tmp_path / "a.gif", save_all=True, append_images=more)
    ran = cli("max", "a.gif", "--max-memory", "20M", "-j", 1)
    assert ran.code == 1
    assert "what is read and written takes" in ran.err


def archive(*names):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as out:
        for name in names:
            out.writestr(name, npy(np.ones((4, 4))))
    return stream.getvalue()


@pytest.mark.parametrize(
    "name", ["/etc/x.npy", "../x.npy", "a/../../x.npy", "C:x.npy", "..\\x.npy"]
)
def test_archives_whose_names_lead_elsewhere(cli, tmp_path, name):
    (tmp_path / "a.npz").write_bytes(archive("good.npy", name))
    ran = cli("max", "a.npz")
    assert ran.code == 1
    assert "its name leads out of the archive" in ran.err


def test_archives_of_many_arrays(cli, tmp_path):
    (tmp_path / "a.npz").write_bytes(archive(*(f"{number}.npy" for number in range(2000))))
    assert json.loads(cli("max", "a.npz", "--report", "jsonl").text)["pages"] == 2000


def test_links_in_circles(cli, tmp_path):
    (tmp_path / "in/sub").mkdir(parents=True)
    Image.new("L", (8, 8)).save(tmp_path / "in/a.png")
    (tmp_path / "in/sub/loop").symlink_to("..")
    (tmp_path / "in/self.png").symlink_to("self.png")
    (tmp_path / "in/dangling.png").symlink_to("gone.png")
    ran = cli("max", "-r", "in", "-o", "out")
    assert ran.code == 1
    assert ran.err.splitlines() == [
        "Error: in/dangling.png: it is a link to gone.png, which is not there",
        "Error: in/self.png: its symbolic links go round in a circle: name the file itself",
    ]
    assert [path.name for path in (tmp_path / "out").rglob("*")] == ["a.png"]
    ran = cli("max", "in/self.png")
    assert ran.code == 1
    assert "symbolic links go round in a circle" in ran.err


@pytest.mark.parametrize(
    "name", ["../{stem}.png", "/{stem}.png", "{stem}/../../x.png", "..", "{stem.__class__}", "{0}"]
)
def test_templates_stay_below_the_output_folder(cli, tmp_path, photo, name):
    ran = cli("max", "photo.png", "-o", "out/", "--name", name)
    assert ran.code == 2
    assert ran.err.startswith(f"Error: --name {name}: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photo.png"]


NAMES = ("bad\x1b[31m\n.png", "\x07bell.png", "right\u202eleft.png", "zero\u200bwidth.png")


@pytest.mark.parametrize("style", ["table", "json", "jsonl", "csv"])
def test_names_cannot_drive_the_terminal(cli, tmp_path, style):
    for name in NAMES:
        Image.new("L", (8, 8)).save(tmp_path / name)
        (tmp_path / f"broken{name}").write_bytes(b"no image")
    for words in (("max", ".", "-o", "out"), ("info", ".")):
        ran = cli(*words, "--report", style)
        assert ran.code == 1
        shown = ran.text + ran.err
        assert len(NAMES) == sum(line.startswith("Error: broken") for line in ran.err.splitlines())
        assert all(letter.isprintable() or letter == "\n" for letter in shown)
        assert all(escape in shown for escape in ("\\x1b", "\\x07"))


def test_a_file_that_grows_while_it_is_read(cli, tmp_path, monkeypatch):
    for name, raw in {"a.npy": npy(np.ones((4, 4))), "a.png": bytes(saved("PNG"))}.items():
        path = tmp_path / name
        path.write_bytes(raw)

        def read(job, readable, source, path=path):
            maps = stdin.read_maps(job, readable, source)
            with path.open("ab") as more:
                more.write(b"more")
            return maps

        monkeypatch.setattr(pool_file, "read_maps", read)
        ran = cli("max", name)
        assert ran.code == 1
        assert f"{name}: it changed while it was read" in ran.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npy", "a.png"]


def test_an_array_that_shrinks_before_it_is_looked_at(tmp_path):
    path = tmp_path / "a.npy"
    path.write_bytes(npy(np.ones((100, 100))))
    with limits(memory=Budget(1000)), path.open("rb") as opened:
        size = path.stat().st_size
        os.truncate(path, 500)
        with pytest.raises(FileError, match="cut short"):
            read_array(opened, size, None)
