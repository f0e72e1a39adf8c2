"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from poolcli.errors import FileError
from poolcli.io import (
    atomic,
)


def test_atomic_appears_at_the_end(tmp_path):
    path = tmp_path / "out.png"
    with atomic(path, overwrite=False) as stream:
        stream.write(b"hello")
        assert not path.exists()
        (part,) = tmp_path.iterdir()
        assert part.name.startswith(".out.png.")
        assert part.name.endswith(".poolcli-part")
    assert path.read_bytes() == b"hello"
    assert list(tmp_path.iterdir()) == [path]
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, FileError("no"), SystemExit])
@pytest.mark.parametrize("overwrite", [False, True])
def test_atomic_leaves_nothing_of_a_failure(tmp_path, error, overwrite):
    path = tmp_path / "out.png"
    path.write_bytes(b"old")

    def fail():
        with atomic(path, overwrite=overwrite) as stream:
            stream.write(b"half")
            raise error

    with pytest.raises(error if isinstance(error, type) else type(error)):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("links", [True, False])
def test_atomic_does_not_clobber(tmp_path, monkeypatch, links):
    if not links:
        monkeypatch.setattr(
            os, "link", lambda *_, **__: (_ for _ in ()).throw(PermissionError(1, "no links here"))
        )
    path, fresh = tmp_path / "out", tmp_path / "fresh"

    def too_late():
        with atomic(path, overwrite=False) as stream:
            stream.write(b"new")
            path.write_bytes(b"appeared meanwhile")

    with pytest.raises(FileError, match="already exists: --overwrite"):
        too_late()
    assert path.read_bytes() == b"appeared meanwhile"
    with atomic(path, overwrite=True) as stream:
        stream.write(b"new")
    with atomic(fresh, overwrite=False) as stream:
        stream.write(b"new")
    assert path.read_bytes() == fresh.read_bytes() == b"new"
    assert sorted(tmp_path.iterdir()) == [fresh, path]


def test_atomic_says_what_the_system_refused(tmp_path, monkeypatch):
    def attempt(path):
        with pytest.raises(FileError) as caught, atomic(path, overwrite=True) as stream:
            stream.write(b"x")
        return str(caught.value)

    (tmp_path / "file").write_bytes(b"")
    assert "no such file or folder" in attempt(tmp_path / "none" / "a")
    assert "not a folder" in attempt(tmp_path / "file" / "a")
    assert "too long" in attempt(tmp_path / ("a" * 300))
    assert "is a folder" in attempt(tmp_path)
    assert attempt(tmp_path).startswith(f"cannot write {tmp_path}: ")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_full_disk(tmp_path):
    with (
        pytest.raises(FileError, match="disk is full"),
        atomic(Path("/dev/full"), overwrite=True) as stream,
    ):
        stream.write(b"x" * 10)


def test_long_names_are_not_made_too_long(tmp_path):
    path = tmp_path / ("a" * 250)
    with atomic(path, overwrite=False) as stream:
        stream.write(b"x")
    assert path.read_bytes() == b"x"


def test_devices_are_written_not_replaced():
    with atomic(Path("/dev/null"), overwrite=True) as stream:
        stream.write(b"x")
    assert not Path("/dev/null").is_file()


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_and_leads_to_the_new_file(tmp_path, exists):
    (tmp_path / "data").mkdir()
    target, link = tmp_path / "data" / "real.png", tmp_path / "link.png"
    link.symlink_to("data/real.png")
    if exists:
        target.write_bytes(b"old")
    with atomic(link, overwrite=exists) as stream:
        stream.write(b"new")
    assert (link.is_symlink(), target.read_bytes()) == (True, b"new")
    assert [each.name for each in target.parent.iterdir()] == ["real.png"]
    if not exists:
        with pytest.raises(FileError, match=r"exist|there already"), atomic(link, overwrite=False):
            pass


def test_a_run_writes_through_links_and_sees_where_they_lead(cli, photo, tmp_path):
    (tmp_path / "photo.png").rename(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes())
    (tmp_path / "out").mkdir()
    (tmp_path / "real.png").write_bytes(b"old")
    (tmp_path / "out" / "a.png").symlink_to("../real.png")
    assert cli("max", "a.png", "-o", "out/a.png", "--overwrite").code == 0
    assert (tmp_path / "out" / "a.png").is_symlink()
    assert (tmp_path / "real.png").read_bytes() != b"old"
    (tmp_path / "out" / "b.png").symlink_to("../real.png")
    assert "would both write" in cli("max", "a.png", "b.png", "-o", "out/", "--overwrite").err
    (tmp_path / "out" / "b.png").unlink()
    (tmp_path / "out" / "b.png").symlink_to("../a.png")
    ran = cli("max", "a.png", "b.png", "-o", "out/", "--overwrite")
    assert "would overwrite a.png, which is an input too" in ran.err
