"""Damaged stores: whatever is in their metadata and chunks, each is done or is a row."""

import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest

zarr = pytest.importorskip("zarr", reason="zarr is not installed")

pytestmark = pytest.mark.complete
METADATA = ("json", ".zarray", ".zgroup", ".zattrs", ".zmetadata")
EXTREMES = (
    *(0, -1, 1, 2**31, 2**63 - 1, 10**30, 1e308, True, None, float("nan")),
    *("", "x", "../../x", "9" * 5000, "<f4", "|O", "int7", "\x1b[31m"),
    *([], {}, [[]], [2**40] * 3, [1] * 100, [0, 0, 0]),
)


def contents_of(folder):
    found = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    shutil.rmtree(folder)
    return found


@pytest.fixture
def stores(cli, tmp_path):
    """The files of a few stores, by path: arrays, with shards too, a group, and an image."""
    x, found = np.arange(3 * 24 * 30, dtype="f4").reshape(3, 24, 30), []
    for version in (2, 3):
        array = zarr.create_array(
            str(tmp_path / "a.zarr"),
            shape=x.shape,
            dtype="f4",
            chunks=(1, 8, 10),
            zarr_format=version,
            **({"shards": (3, 16, 20)} if version == 3 else {}),
        )
        array[...] = x
        found.append(contents_of(tmp_path / "a.zarr"))
    np.savez(tmp_path / "b.npz", a=x, b=x[0])
    for words in ("max -k 1 b.npz", "pyramid --op avg --levels 2 b.npz::a"):
        assert cli(*words.split(), "-o", "a.zarr").code == 0
        found.append(contents_of(tmp_path / "a.zarr"))
    return found


def places(node, path=()):
    """The paths to everything in a document."""
    yield path
    pairs = enumerate(node) if isinstance(node, list) else getattr(node, "items", tuple)()
    for key, value in pairs:
        yield from places(value, (*path, key))


def changed(document, dice):
    """The document with one value gone, or another."""
    *path, last = dice.choice([path for path in places(document) if path] or [("zarr_format",)])
    node = document
    for key in path:
        node = node[key]
    if dice.random() < 0.2:
        del node[last]
    else:
        node[last] = dice.choice(EXTREMES)
    return document


def damaged(raw, dice):
    start = dice.randrange(len(raw))
    return raw[:start] + bytes([dice.randrange(256)]) + raw[start + dice.randint(0, 40) :]


def mutant(files, dice):
    """The files of a store, one to three of which are damaged, or one is gone."""
    files = dict(files)
    for _ in range(dice.randint(1, 3)):
        name = dice.choice([name for name in files if name.endswith(METADATA)])
        if dice.random() < 0.7:
            document = json.loads(files[name])
            files[name] = json.dumps(changed(document, dice)).encode() if document else b"[]"
            continue
        name = dice.choice(list(files))
        files[name] = damaged(files[name], dice) if files[name] else b"x"
        return files
    return files


def put(folder, files):
    for name, raw in files.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)


def test_mutants(cli, tmp_path, stores):
    dice = random.Random(0)
    for number in range(120):
        name = f"{number}.zarr"
        put(tmp_path / "in" / name, mutant(dice.choice(stores), dice))
        for words in (["info"], ["max", "-k", 2, "-o", "out/"]):
            ran = cli(*words, f"in/{name}")
            assert ran.code in (0, 1, 3), (number, ran.err)  # 3: its metadata are gone
            assert ran.err.count("\n") == (ran.code != 0), (number, ran.err)
            assert "mistake in poolcli" not in ran.err, (number, ran.err)
            assert ran.err.replace("\n", "").isprintable(), (number, ran.err)
    assert {path.parent.name for path in tmp_path.glob("*/*.zarr")} == {"in", "out"}
    assert not list(tmp_path.glob("out/.*"))
