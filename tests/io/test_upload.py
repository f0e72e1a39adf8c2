"""Results at addresses: the same bytes as on a disk, all of them or none."""

import os

import numpy as np
import pytest
from buckets import SECRET, emptied, folder_of
from processes import run, start, wait_for
from region_logs import files_of
from servers import GoogleHandler, serving

from poolcli import io
from poolcli.errors import FileError

pytestmark = pytest.mark.complete

SHAPE = (24, 320, 320)
LARGE = "--layout DHW --max-memory 8M"


@pytest.fixture
def s3(monkeypatch):
    """A server with the bucket `bucket`."""
    server = emptied(monkeypatch)
    yield server
    server.go_on.set()


@pytest.fixture(params=["obstore", "fsspec"])
def library(request, monkeypatch):
    """What stores are read and written by: obstore is left out by settings that it lacks."""
    if request.param == "obstore":
        pytest.importorskip("obstore", reason="obstore is not installed")
    else:
        monkeypatch.setenv("FSSPEC_S3_REQUESTER_PAYS", "false")
        fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
        monkeypatch.setitem(fsspec.config.conf, "s3", {"requester_pays": False})
    return request.param


@pytest.fixture
def memory():
    """fsspec's files in memory, of which there are none yet."""
    fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
    system = fsspec.filesystem("memory")
    system.store.clear()
    yield system
    system.store.clear()


@pytest.fixture
def volume(tmp_path):
    """A store of a volume in chunks, in the file x.zarr."""
    zarr = pytest.importorskip("zarr", reason="zarr is not installed")
    values = np.random.default_rng(0).integers(0, 4000, SHAPE).astype("u2")
    path = str(tmp_path / "x.zarr")
    zarr.create_array(path, shape=SHAPE, dtype="u2", chunks=(4, 64, 64))[...] = values
    return values


def pooled(cli, words):
    ran = cli(*words.split())
    assert ran.code == 0, ran.err
    assert SECRET not in ran.text + ran.err
    return ran


# Files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.png", "a.npy", "folder/a.tif", "a.npz"])
def test_a_file_is_that_of_a_disk(cli, s3, photo, tmp_path, name):
    pooled(cli, f"max photo.png -o s3://bucket/{name}")
    pooled(cli, f"max photo.png -o {name}")
    assert s3.files.cat_file(f"bucket/{name}") == (tmp_path / name).read_bytes()
    assert s3.files.find("bucket") == [f"bucket/{name}"]


@pytest.mark.parametrize("suffix", [".npy", ".tif", ".h5"])
def test_a_large_file_is_that_of_a_disk(cli, s3, volume, tmp_path, suffix):
    if suffix == ".h5":
        pytest.importorskip("h5py", reason="h5py is not installed")
    pooled(cli, f"max x.zarr -o s3://bucket/a{suffix} {LARGE}")
    pooled(cli, f"max x.zarr -o a{suffix} {LARGE}")
    (tmp_path / f"b{suffix}").write_bytes(s3.files.cat_file(f"bucket/a{suffix}"))
    for one, other in zip(
        io.read(tmp_path / f"a{suffix}"), io.read(tmp_path / f"b{suffix}"), strict=True
    ):
        assert (one.data == other.data).all()


def test_folders_and_patterns_of_an_address_are_read_and_written(cli, s3, photo):
    for name in ("a2.png", "a10.png", "below/c.png", "note.txt", ".hidden.png"):
        s3.files.put_file("photo.png", f"bucket/in/{name}")
    pooled(cli, "max s3://bucket/in/*.png -o s3://bucket/some/")
    assert set(folder_of(s3, "bucket/some")) == {"a2.png", "a10.png"}
    ran = pooled(cli, "max -r s3://bucket/in -o s3://bucket/all --report jsonl")
    assert set(folder_of(s3, "bucket/all")) == {"a2.png", "a10.png", "below/c.png"}
    assert ran.text.index("a2.png") < ran.text.index("a10.png")
    pooled(cli, "max -r s3://bucket/in -o s3://bucket/few --exclude below --include *10*")
    assert set(folder_of(s3, "bucket/few")) == {"a10.png"}
    assert cli("max", "s3://bucket/in/*.tif", "-o", "s3://bucket/none/").code == 3


def test_results_beside_their_inputs_are_no_inputs(cli, s3, photo):
    s3.files.put_file("photo.png", "bucket/in/a.png")
    for _ in range(2):
        pooled(cli, "max s3://bucket/in -o s3://bucket/in --name {stem}-max{suffix} --overwrite")
    assert set(folder_of(s3, "bucket/in")) == {"a.png", "a-max.png"}


@pytest.mark.parametrize("name", ["a.png", "a.zarr"])
def test_what_is_there_is_refused_left_or_replaced(cli, s3, photo, name):
    pytest.importorskip("zarr", reason="zarr is not installed")
    target = ("-o", f"s3://bucket/{name}", "--layout", "HWC")
    assert cli("max", "photo.png", *target).code == 0
    before = folder_of(s3, "bucket")
    ran = cli("min", "photo.png", *target)
    assert ran.code == 1
    assert f"s3://bucket/{name} is there already: --overwrite" in ran.err
    assert "skipped" in cli("min", "photo.png", *target, "--skip-existing").text
    assert folder_of(s3, "bucket") == before
    assert cli("min", "photo.png", *target, "--overwrite").code == 0
    assert folder_of(s3, "bucket").keys() == before.keys()
    assert folder_of(s3, "bucket") != before


def test_what_another_wrote_meanwhile_is_kept(s3, photo, tmp_path):
    s3.files.pipe_file("bucket/a.png", b"other")
    maps = io.read(tmp_path / "photo.png")
    writer = io.writer(maps, io.format_named("png"))
    refused = pytest.raises(FileError, match="it is there already")
    with refused, writer.to(io.located("s3://bucket/a.png"), overwrite=False):
        pass
    assert s3.files.cat_file("bucket/a.png") == b"other"


def test_files_in_memory_are_of_this_process(cli, memory, photo, tmp_path):
    pooled(cli, "max photo.png -o memory://out/a.png --executor processes")
    pooled(cli, "max photo.png -o a.png")
    assert memory.cat_file("/out/a.png") == (tmp_path / "a.png").read_bytes()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            f"-o https://u:{SECRET}@example.org/a.png?x={SECRET}",
            "--output https://example.org/a.png: nothing is written to https://: give s3://",
        ),
        ("-o s3://none/a.png", "cannot write s3://none/a.png: there is no such bucket"),
        ("-o s3://none/a.zarr", "cannot write s3://none/a.zarr: there is no such bucket"),
        ("--resume s3://bucket/log", "only INPUT and the output of results may be an address"),
    ],
)
def test_what_cannot_be_written_is_said(cli, s3, photo, words, told):
    pytest.importorskip("zarr", reason="zarr is not installed")
    ran = cli("max", "photo.png", *words.split())
    assert ran.code in (1, 2)
    assert told in ran.err
    assert SECRET not in ran.err


@pytest.mark.parametrize("name", ["a.npy", "a.zarr"])
def test_a_google_bucket_is_read_and_written(cli, volume, tmp_path, name):
    pytest.importorskip("gcsfs", reason="gcsfs is not installed")
    pooled(cli, f"max -k 1 x.zarr -o once.zarr {LARGE}")
    pooled(cli, f"max x.zarr -o {name} {LARGE}")
    (tmp_path / "served" / "in").mkdir(parents=True)
    (tmp_path / "once.zarr").rename(tmp_path / "served" / "in" / "x.zarr")
    with serving(tmp_path / "served", GoogleHandler) as server:
        # Another protocol, which no server here has, is tried first unless it is turned off.
        settings = {
            "STORAGE_EMULATOR_HOST": server.url,
            "FSSPEC_GS_TOKEN": "anon",
            "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",
        }
        more = {"env": {**os.environ, **settings}}
        words = f"max gs://bucket/in/*.zarr -o gs://bucket/out/ --to {name[2:]} {LARGE}"
        for more_words in ("", " --overwrite"):
            server.failures += [503]
            code, _, err = run(words + more_words, tmp_path, **more)
            assert not err
            assert code == 0
    found = files_of(tmp_path / "served" / "out" / f"x{name[1:]}")
    assert found == files_of(tmp_path / name)


# Stores --------------------------------------------------------------------------------------


@pytest.mark.parametrize("executor", ["threads", "processes", "dask"])
@pytest.mark.parametrize("words", ["max -k 2", "pyramid --op mode --levels 2"])
def test_a_store_is_that_of_a_disk(cli, s3, library, volume, tmp_path, words, executor):
    if executor == "dask":
        pytest.importorskip("distributed", reason="distributed is not installed")
    pooled(cli, f"{words} x.zarr -o s3://bucket/y.zarr {LARGE} --executor {executor} -j 2")
    pooled(cli, f"{words} x.zarr -o y.zarr {LARGE}")
    assert folder_of(s3, "bucket/y.zarr") == files_of(tmp_path / "y.zarr")


def test_a_store_in_memory_is_that_of_a_disk(cli, memory, volume, tmp_path):
    pooled(cli, f"max x.zarr -o memory://y.zarr {LARGE} --executor processes")
    pooled(cli, f"max x.zarr -o y.zarr {LARGE}")
    found = {name.removeprefix("/y.zarr/"): memory.cat_file(name) for name in memory.find("/")}
    assert found == files_of(tmp_path / "y.zarr")


def test_other_files_are_not_replaced_by_a_store(cli, s3, volume):
    s3.files.pipe_file("bucket/y.zarr/mine.txt", b"mine")
    assert "is there already" in cli("max", "x.zarr", "-o", "s3://bucket/y.zarr").err
    assert folder_of(s3, "bucket/y.zarr") == {"mine.txt": b"mine"}


# Failures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.npy", "a.zarr"])
def test_a_busy_server_is_asked_again(cli, s3, library, volume, name):
    s3.failures += [503, 500, 503]
    pooled(cli, f"max x.zarr -o s3://bucket/{name} {LARGE}")
    assert not s3.failures
    assert s3.files.exists(f"bucket/{name}")


@pytest.mark.parametrize("name", ["a.npy", "a.zarr"])
def test_of_what_fails_nothing_stays(cli, s3, library, volume, name):

    s3.holds = lambda request: s3.failures.append(403) if request.startswith("PUT") else False
    ran = cli("max", "x.zarr", "-o", f"s3://bucket/{name}", *LARGE.split())
    assert ran.code == 1
    assert "the server refuses access" in ran.err
    s3.failures.clear()
    s3.holds = lambda _: False
    assert s3.files.find("bucket") == []


def killed(server, words, folder, holds):
    """Run a command that is killed while the server lets a request wait."""
    server.holds = holds
    process = start(words, folder, env={**os.environ, **server.settings})
    wait_for(lambda: server.held.is_set() or process.poll() is not None)
    process.kill()
    process.communicate()
    assert process.returncode == -9
    server.holds = lambda _: False
    server.go_on.set()


def test_an_upload_that_is_cut_off_leaves_nothing(s3, tmp_path):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).random((1200, 2400)))
    killed(s3, "max -k 1 x.npy -o s3://bucket/y.npy", tmp_path, lambda each: "partNumber=2" in each)
    assert s3.files.find("bucket") == []


@pytest.mark.parametrize("how", ["max", "pyramid --op mode --levels 2"])
def test_a_store_that_is_cut_off_is_none_and_goes_on(cli, s3, library, volume, tmp_path, how):
    words = f"{how} x.zarr -o s3://bucket/y.zarr {LARGE} --resume log.jsonl"
    killed(s3, words, tmp_path, lambda _: sum("/c/" in each for each in s3.requests) > 7)
    assert s3.files.find("bucket/y.zarr")
    assert "there is nothing at this address" in cli("info", "s3://bucket/y.zarr").err
    s3.requests.clear()
    pooled(cli, words)
    pooled(cli, f"{how} x.zarr -o y.zarr {LARGE}")
    expected = files_of(tmp_path / "y.zarr")
    assert folder_of(s3, "bucket/y.zarr") == expected
    written = [each for each in s3.requests if each.startswith("PUT") and "/c/" in each]
    assert 0 < len(written) < len(expected) - 1
    assert "skipped" in pooled(cli, words).text


def test_a_store_that_is_cut_off_gives_way_to_another(cli, s3, volume, tmp_path):
    killed(s3, f"max x.zarr -o s3://bucket/y.zarr {LARGE}", tmp_path, lambda each: "/c/" in each)
    pooled(cli, "min x.zarr -o s3://bucket/y.zarr --layout DHW")
    pooled(cli, "min x.zarr -o y.zarr --layout DHW")
    assert folder_of(s3, "bucket/y.zarr") == files_of(tmp_path / "y.zarr")
