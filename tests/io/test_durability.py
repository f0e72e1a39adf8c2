"""The order in which outputs reach the disk: first the bytes, then the name, then the entry."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event

import pytest

from poolcli.errors import FileError
from poolcli.io import atomic, atomic_write, sync_folder
from poolcli.io import durability as durable
from poolcli.io.atomic_write import atomic_folder
from poolcli.io.exchange import exchange
from poolcli.io.unfinished import unfinished


@pytest.fixture
def events(monkeypatch):
    """What is put on the disk and renamed, by name, in order."""
    found, fsync, sync = [], os.fsync, os.sync

    def noted(descriptor):
        found.append(("sync", Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    def renaming(method):
        def act(path, other):
            found.append(("name", Path(path), Path(other)))
            return method(path, other)

        return act

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("this system does not tell the files of descriptors")
    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(os, "sync", lambda: (found.append(("sync", "all")), sync()))
    for name in ("rename", "replace", "hardlink_to"):
        monkeypatch.setattr(Path, name, renaming(getattr(Path, name)))
    return found


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_is_on_the_disk_before_it_has_its_name(events, tmp_path, overwrite):
    with atomic(tmp_path / "a", overwrite=overwrite) as stream:
        stream.write(b"hello")
    (first, synced), (second, *_) = events
    assert (first, second) == ("sync", "name")
    assert synced.name.startswith(".a.")


@pytest.mark.parametrize("count", [3, 70])
def test_a_folder_is_on_the_disk_before_it_has_its_name(events, tmp_path, count):
    with atomic_folder(tmp_path / "a", overwrite=False) as folder:
        (folder / "inner").mkdir()
        for number in range(count):
            (folder / f"inner/{number}").write_bytes(b"chunk")
    *before, last = events
    assert last[0] == "name"
    assert {kind for kind, *_ in before} == {"sync"}
    names = [Path(path).name for _, path in before]
    if count > durable._FEW:
        assert names == ["all"]
    else:
        assert sorted(names[:count]) == ["0", "1", "2"]
        assert names[count] == "inner"


def test_a_folder_in_the_way_comes_back_where_the_new_one_gets_no_name(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/old").write_bytes(b"old")
    rename = Path.rename

    def failing(path, other):
        if path.suffix == ".poolcli-folder":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return rename(path, other)

    monkeypatch.setattr(Path, "rename", failing)
    monkeypatch.setattr(atomic_write, "exchange", lambda *_: False)
    with (
        pytest.raises(FileError, match="cannot write"),
        atomic_folder(tmp_path / "a", overwrite=True) as folder,
    ):
        (folder / "new").write_bytes(b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a/old").read_bytes() == b"old"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def two_folders(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / f"{name}/{name}").write_bytes(b"")
    if not exchange(tmp_path / "a", tmp_path / "b"):
        pytest.skip("no two paths change places on this system")
    return tmp_path / "b", tmp_path / "a"


def test_two_folders_change_places(two_folders):
    assert [(path.name, *names(path)) for path in two_folders] == [("b", "a"), ("a", "b")]
    with pytest.raises(FileNotFoundError):
        exchange(two_folders[0], two_folders[0].with_name("c"))


@pytest.mark.parametrize("is_resumed", [False, True])
def test_a_replaced_folder_is_never_missing(two_folders, is_resumed):
    """A reader looks for it without a pause: it is the old one or the new one."""
    path, *_ = two_folders
    opened = (
        partial(unfinished, path, "token", is_folder=True, goes_on=False, overwrite=True)
        if is_resumed
        else partial(atomic_folder, path, overwrite=True)
    )
    is_over, missed = Event(), []

    def look():
        while not is_over.is_set():
            missed.extend([] if path.is_dir() else [path])

    with ThreadPoolExecutor(1) as reader:
        reading = reader.submit(look)
        for number in range(100):
            with opened() as folder:
                (folder / str(number)).write_bytes(b"")
        is_over.set()
        reading.result()
    assert missed == []
    assert names(path) == ["99"]
    assert names(path.parent) == ["a", "b"]


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_what_the_disk_does_not_take_gets_no_name(tmp_path, monkeypatch, number):
    def failing(_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", failing)
    with (
        pytest.raises(FileError, match="cannot write"),
        atomic(tmp_path / "a", overwrite=False) as stream,
    ):
        stream.write(b"new")
    with (
        pytest.raises(FileError, match="cannot write"),
        atomic_folder(tmp_path / "a", overwrite=False) as folder,
    ):
        (folder / "chunk").write_bytes(b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_opened_is_left_alone(tmp_path):
    sync_folder(tmp_path / "nowhere")


def test_names_are_kept_before_the_log_says_done(events, cli, tmp_path):
    (tmp_path / "in").mkdir()
    for name in "ab":
        (tmp_path / f"in/{name}.pgm").write_bytes(b"P5\n4 4\n255\n" + bytes(16))
    assert cli("max", "in", "-o", "out", "--resume", "log").code == 0
    kept = [path for kind, path, *_ in events if kind == "sync"]
    assert kept.count(tmp_path / "out") == 3  # after each of them, and at the end
    last = max(number for number, event in enumerate(events) if event[0] == "name")
    assert ("sync", tmp_path / "out") in events[last:]
