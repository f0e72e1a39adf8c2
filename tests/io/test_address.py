"""Files and stores at addresses: what is read is exact, and no more is read than is needed."""

import os
import pickle
import shlex
import sys

import numpy as np
import pytest
from buckets import SECRET, emptied
from PIL import Image
from servers import serving

from poolcli import io
from poolcli.errors import FileError, RequestError

complete = pytest.mark.complete


@pytest.fixture
def server(tmp_path):
    """A server of the folder `served`."""
    for library in ("fsspec", "aiohttp"):
        pytest.importorskip(library, reason=f"{library} is not installed")
    (tmp_path / "served").mkdir()
    with serving(tmp_path / "served") as server:
        yield server


@pytest.fixture
def bucket(monkeypatch):
    """A function that puts a folder into a bucket of a server of S3, and gives its address."""
    system = emptied(monkeypatch).files

    def put(folder):
        for path in filter(os.path.isfile, folder.rglob("*")):
            system.put_file(str(path), f"bucket/{path.relative_to(folder).as_posix()}")
        return "s3://bucket"

    return put


def maxima(values):
    rows, columns = values.shape[-2:]
    split = values.reshape(*values.shape[:-2], rows // 2, 2, columns // 2, 2)
    return split.max((-3, -1))


def store_in(folder, values, chunks):
    zarr = pytest.importorskip("zarr", reason="zarr is not installed")
    array = zarr.create_array(str(folder), shape=values.shape, chunks=chunks, dtype=values.dtype)
    array[:] = values


# What an address is --------------------------------------------------------------------------


def test_an_address_shows_no_secret():
    address = io.located(f"https://user:{SECRET}@example.org/a.png?token={SECRET}")
    assert str(address) == "https://example.org/a.png"
    assert SECRET not in repr(address)
    assert (address.name, address.stem, address.suffix) == ("a.png", "a", ".png")
    assert pickle.loads(pickle.dumps(address)).url == address.url
    assert address != io.located("https://example.org/a.png")


def test_a_member_stays_apart_from_the_query():
    address = io.located("https://example.org/a.npz?token=1::depth")
    file, member = io.split_member(address)
    assert (file.url, member) == ("https://example.org/a.npz?token=1", "depth")
    assert io.with_member(file, member) == address


@pytest.mark.parametrize(
    ("word", "cure"),
    [
        (
            "ftp://example.org/a.png",
            "an address begins with s3://, gs://, https://, http://, memory://",
        ),
        ("s3://bucket//a.png", "a part of it is empty or a dot"),
        ("s3://bucket/./a.png", "a part of it is empty or a dot"),
    ],
)
def test_what_cannot_be_read_is_said(word, cure):
    with pytest.raises(RequestError, match=cure):
        io.located(word)


def test_the_extra_is_named(cli, monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    ran = cli("max", "https://example.org/a.png")
    assert ran.code == 2
    assert "an address needs fsspec: pip install 'poolcli[cloud]'" in ran.err


@complete
def test_the_library_of_a_scheme_is_named(cli, monkeypatch):
    fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")

    def missing(*_, **__):
        raise ImportError("Install s3fs to access S3", name="s3fs")

    monkeypatch.setattr(fsspec.core, "url_to_fs", missing)
    ran = cli("max", "s3://bucket/a.png")
    assert ran.code == 2
    assert "an address of s3:// needs s3fs: pip install 'poolcli[cloud]'" in ran.err


# Files ---------------------------------------------------------------------------------------


@complete
def test_a_file_is_pooled_into_this_folder(cli, server, tmp_path, rng):
    pixels = rng.integers(0, 256, (12, 16, 3), np.uint8)
    Image.fromarray(pixels).save(server.folder / "photo.png")
    ran = cli("max", f"{server.url}/photo.png?token={SECRET}", "--report", "json")
    assert ran.code == 0
    assert SECRET not in ran.text + ran.err
    assert set(server.queries) == {f"token={SECRET}"}
    pooled = np.asarray(Image.open(tmp_path / "photo-max.png"))
    assert (pooled == maxima(pixels.transpose(2, 0, 1)).transpose(1, 2, 0)).all()


@complete
def test_one_array_of_a_file_is_named(cli, server, tmp_path, rng):
    values = rng.integers(0, 256, (8, 8), np.uint8)
    np.savez(server.folder / "maps.npz", a=values, b=values)
    assert cli("max", f"{server.url}/maps.npz::b?", "-o", "no.npy").code == 1
    assert cli("max", f"{server.url}/maps.npz::b", "-o", "b.npy").code == 0
    assert (np.load(tmp_path / "b.npy") == maxima(values)).all()


@complete
def test_of_a_large_file_only_the_region_is_read(server, rng):
    values = rng.integers(0, 256, (64, 512, 512), np.uint8)
    np.save(server.folder / "big.npy", values)
    with io.opened(io.located(f"{server.url}/big.npy")) as source:
        region = source.read(0, (slice(40, 41), slice(8, 16), slice(0, 512))).data
    assert (region == values[40:41, 8:16]).all()
    assert server.bytes_sent < 1 << 20 < values.nbytes


@complete
def test_a_large_file_is_pooled_by_regions(cli, server, tmp_path, rng):
    values = rng.integers(0, 256, (32, 512, 512), np.uint8)
    np.save(server.folder / "big.npy", values)
    ran = cli("max", f"{server.url}/big.npy", "-o", "small.npy", "--max-memory", "4M")
    assert ran.code == 0
    assert "regions" in ran.text
    assert (np.load(tmp_path / "small.npy") == maxima(values)).all()


@complete
def test_a_server_without_ranges_sends_the_whole(tmp_path, rng):
    for library in ("fsspec", "aiohttp"):
        pytest.importorskip(library, reason=f"{library} is not installed")
    values = rng.integers(0, 256, (600, 800), np.uint8)
    np.savez(tmp_path / "maps.npz", a=values)
    with serving(tmp_path, has_ranges=False) as server:
        (read,) = io.read(io.located(f"{server.url}/maps.npz"))
    assert (read.data == values).all()


@complete
def test_what_changes_meanwhile_is_seen(server):
    file = server.folder / "a.npy"
    address = io.located(f"{server.url}/a.npy")
    np.save(file, np.zeros(8))
    before = address.stat()
    np.save(file, np.zeros(9))
    assert address.stat().st_size > before.st_size


@complete
@pytest.mark.parametrize(
    "words", ["info", "view", "compare 'max' 'avg'", "explain max --at 0,0", "shape max"]
)
def test_other_commands_read_addresses_and_show_no_secret(cli, server, words):
    np.save(server.folder / "a.npy", np.eye(8, dtype=np.float32))
    ran = cli(*shlex.split(words), f"{server.url}/a.npy?token={SECRET}")
    assert ran.code == 0, ran.err
    assert SECRET not in ran.text + ran.err


# Failures ------------------------------------------------------------------------------------


@complete
def test_a_busy_server_is_asked_again(server, rng):
    values = rng.integers(0, 256, (8, 8), np.uint8)
    np.save(server.folder / "a.npy", values)
    server.failures += [503, 500]
    (read,) = io.read(io.located(f"{server.url}/a.npy"))
    assert (read.data == values).all()
    assert not server.failures


@complete
@pytest.mark.parametrize(
    ("status", "told"),
    [(404, "there is nothing"), (403, "the server refuses access"), (501, r"status 501\)")],
)
def test_what_a_server_refuses_is_said(cli, server, status, told):
    server.failures += [status] * 9
    ran = cli("max", f"{server.url}/a.npy?token={SECRET}", "-o", "b.npy")
    assert ran.code == 1
    assert told.replace("\\", "") in ran.err
    assert SECRET not in ran.err


@complete
def test_a_server_that_is_not_there_is_said(server):
    with pytest.raises(FileError, match="the server cannot be reached"):
        io.read(io.located("http://127.0.0.1:1/a.npy"))


# Stores --------------------------------------------------------------------------------------


@complete
def test_of_a_store_only_the_chunks_of_a_region_are_read(server, rng):
    values = rng.integers(0, 256, (64, 64), np.uint8)
    store_in(server.folder / "a.zarr", values, (16, 16))
    with io.opened(io.located(f"{server.url}/a.zarr")) as source:
        server.sent.clear()
        region = source.read(0, (slice(16, 40), slice(0, 16))).data
    assert (region == values[16:40, :16]).all()
    assert sorted(name for name, _ in server.sent) == ["/a.zarr/c/1/0", "/a.zarr/c/2/0"]


@complete
def test_an_image_of_a_store_is_pooled(cli, server, tmp_path, rng):
    pytest.importorskip("zarr", reason="zarr is not installed")
    values = rng.integers(0, 256, (64, 64), np.uint8)
    np.save(tmp_path / "a.npy", values)
    assert (
        cli("pyramid", "--op", "max", "a.npy", "-o", server.folder / "a.zarr", "--levels", 2).code
        == 0
    )
    ran = cli("max", f"{server.url}/a.zarr", "-o", "b.npy")
    assert ran.code == 0, ran.err
    assert (np.load(tmp_path / "b.npy") == maxima(values)).all()


@complete
def test_a_store_of_a_busy_server_is_read(server, rng):
    values = rng.integers(0, 256, (32, 32), np.uint8)
    store_in(server.folder / "a.zarr", values, (16, 16))
    with io.opened(io.located(f"{server.url}/a.zarr")) as source:
        server.failures += [503]
        assert (source.read(0).data == values).all()
        server.failures += [501]
        with pytest.raises(FileError, match=r"status 501\)"):
            source.read(0)


@complete
@pytest.mark.parametrize("name", ["a.npy", "a.zarr", "maps.npz::b", "group.zarr::deep/a"])
def test_a_bucket_is_read(cli, bucket, tmp_path, rng, name):
    values, folder = rng.integers(0, 256, (64, 64), np.uint8), tmp_path / "served"
    folder.mkdir()
    np.save(folder / "a.npy", values)
    np.savez(folder / "maps.npz", a=values + 1, b=values)
    store_in(folder / "a.zarr", values, (16, 16))
    zarr = pytest.importorskip("zarr", reason="zarr is not installed")
    group = zarr.open_group(str(folder / "group.zarr"), mode="w").create_group("deep")
    group.create_array("a", shape=(64, 64), dtype=np.uint8)[:] = values
    ran = cli("max", f"{bucket(folder)}/{name}", "-o", "small.npy")
    assert ran.code == 0, ran.err
    assert SECRET not in ran.text + ran.err
    assert (np.load(tmp_path / "small.npy") == maxima(values)).all()


@complete
def test_what_is_not_in_a_bucket_is_said(cli, bucket, tmp_path):
    address = bucket(tmp_path)
    ran = cli("max", f"{address}/a.npy", "-o", "b.npy")
    assert ran.code == 1
    assert "s3://bucket/a.npy: there is nothing at this address" in ran.err


@complete
def test_memory_is_read(rng):
    fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
    values = rng.integers(0, 256, (8, 8), np.uint8)
    with fsspec.open("memory://folder/a.npy", "wb") as stream:
        np.save(stream, values)
    (read,) = io.read(io.located("memory://folder/a.npy"))
    assert (read.data == values).all()
