"""Damaged files: whatever is in them, each is done or is a row with its reason."""

import io
import json
import random
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image
from representatives import first
from round_trips import saved

from poolcli.io import format_named, read, writer
from poolcli.maps.feature_map import FeatureMap

PILLOWS = ("png", "jpg", "gif", "bmp", "webp", "tga", "pcx", "sgi", "qoi", "jp2", "avif")
EXTREMES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


# ---- good files


def picture(mode, seed=0, size=(22, 17)):
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 4), np.uint8)
    pixels[:8] = pixels[0, 0]  # something to compress
    return Image.fromarray(pixels).convert(mode)


def frames(kind, **options):
    first, *more = (picture("P" if kind == "GIF" else "RGBA", seed) for seed in range(3))
    return saved(first, kind, save_all=True, append_images=more, duration=80, **options)


def images(kind, modes, *options):
    return [saved(picture(mode), kind, **more) for mode in modes for more in options or ({},)]


def arrays(save):
    rng, stream = np.random.default_rng(0), io.BytesIO()
    save(
        stream,
        rng.random((3, 8, 9)).astype("f4"),
        (rng.random((12, 10)) * 99).astype(">i2"),
        rng.random(40) > 0.5,
    )
    return stream.getvalue()


def npys():
    for dtype, order in (("f4", "C"), (">f8", "F"), ("u1", "C"), ("?", "C"), (">i2", "F")):
        stream = io.BytesIO()
        np.save(
            stream, np.asarray(np.random.default_rng(0).random((3, 8, 10)) * 9, dtype, order=order)
        )
        yield stream.getvalue()


def maps(word, *arrays, **save):
    """The bytes of a file of arrays, each with its layout."""
    pytest.importorskip(MODULES.get(word, "io"), reason=f"{MODULES.get(word)} is not installed")
    made = [
        FeatureMap((np.random.default_rng(0).random(shape) * 90).astype(dtype), layout, name=name)
        for name, layout, shape, dtype in arrays
    ]
    stream = io.BytesIO()
    writer(made, format_named(word), save)(stream)
    return stream.getvalue()


MODULES = {
    "exr": "OpenEXR",
    "fits": "astropy",
    "h5": "h5py",
    "nc": "h5py",
    "nii": "nibabel",
    "nii.gz": "nibabel",
}


def turned():
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


PACKED = (
    {},
    {"compression": "tiff_lzw"},
    {"compression": "tiff_adobe_deflate"},
    {"compression": "packbits"},
)
GOOD = {
    "png": lambda: [
        *images("PNG", ("1", "L", "P", "LA", "RGB", "RGBA", "I;16")),
        *images("PNG", ("RGB",), {"exif": turned()}),
        frames("PNG"),
    ],
    "jpg": lambda: images(
        "JPEG", ("L", "RGB", "CMYK"), {}, {"progressive": True}, {"exif": turned()}
    ),
    "tiff": lambda: [
        *images("TIFF", ("1", "L", "P", "RGB", "RGBA", "I;16", "F"), *PACKED),
        frames("TIFF"),
    ],
    "gif": lambda: [
        *images("GIF", ("L", "P")),
        frames("GIF"),
        frames("GIF", transparency=0, disposal=2),
    ],
    "bmp": lambda: images("BMP", ("1", "L", "P", "RGB")),
    "webp": lambda: [
        *images("WEBP", ("RGB", "RGBA"), {"lossless": True}, {"quality": 60}),
        frames("WEBP", lossless=True),
    ],
    "tga": lambda: images("TGA", ("L", "P", "RGB", "RGBA"), {}, {"compression": "tga_rle"}),
    "pcx": lambda: images("PCX", ("1", "L", "P", "RGB")),
    "sgi": lambda: images("SGI", ("L", "RGB", "RGBA")),
    "qoi": lambda: images("QOI", ("RGB", "RGBA")),
    "jp2": lambda: images("JPEG2000", ("L", "RGB", "RGBA")),
    "avif": lambda: images("AVIF", ("RGB", "RGBA"), {"speed": 10}),
    "pfm": lambda: [
        maps("pfm", ("", "HWC", (9, 10, 3), "f4")),
        maps("pfm", ("", "HW", (9, 10), "f4"), byte_order="big"),
    ],
    "safetensors": lambda: [
        maps("safetensors", ("a", "CHW", (3, 4, 5), "f4"), ("b", "L", (60,), "i8"))
    ],
    "exr": lambda: [
        maps("exr", ("", "HWC", (9, 10, 3), "f2")),
        maps("exr", ("", "HW", (9, 10), "u4"), compression="piz"),
        maps("exr", ("a", "HWC", (9, 10, 3), "f2"), ("b", "HW", (4, 5), "f4")),
    ],
    "fits": lambda: [
        maps("fits", ("", "HW", (12, 14), "f4")),
        maps("fits", ("SCI", "CHW", (3, 8, 9), "i2"), ("DQ", "HW", (6, 5), "u2")),
    ],
    "nii": lambda: [
        maps("nii", ("", "WHD", (6, 7, 5), "i2")),
        maps("nii.gz", ("", "WHDN", (6, 7, 5, 2), "f4")),
    ],
    "h5": lambda: [
        maps("h5", ("x", "CHW", (3, 12, 14), "f4"), ("g/y", "HW", (6, 5), "i2")),
        maps("nc", ("x", "CHW", (3, 12, 14), "f8")),
    ],
    "npy": lambda: list(npys()),
    "npz": lambda: [arrays(np.savez), arrays(np.savez_compressed)],
}


USUAL = ("png", "jpg", "tiff", "npy", "npz", "gif", "bmp", "webp")  # of files in the world
KINDS = [*USUAL, *(kind for kind in GOOD if kind not in USUAL)]


def good(kind):
    """A few files of a kind, as different as it allows."""
    return GOOD[kind]()


# ---- what happens to them


def flipped(raw, dice):
    for _ in range(dice.randint(1, 8)):
        raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)


def cut(raw, dice):
    del raw[dice.randrange(len(raw)) :]


def lost(raw, dice):
    start = dice.randrange(len(raw))
    del raw[start : start + dice.randint(1, 60)]


def doubled(raw, dice):
    start = dice.randrange(len(raw))
    raw[start:start] = raw[start : start + dice.randint(1, 60)]


def swapped(raw, dice):
    size = dice.randint(2, 40)
    one, other = sorted(dice.randrange(max(1, len(raw) - size)) for _ in range(2))
    raw[one : one + size], raw[other : other + size] = (
        raw[other : other + size],
        raw[one : one + size],
    )


def lied(raw, dice):
    """A number of two, four or eight bytes is another."""
    code = dice.choice(("<H", ">H", "<I", ">I", "<Q", ">Q"))
    packed = struct.pack(code, dice.choice(EXTREMES) % (1 << (8 * struct.calcsize(code))))
    start = dice.randrange(min(len(raw), dice.choice((64, 200, 10_000))))
    raw[start : start + len(packed)] = packed


def wiped(raw, dice):
    start, size = dice.randrange(len(raw)), dice.randint(1, 100)
    raw[start : start + size] = bytes([dice.choice((0, 255, 32))]) * len(raw[start : start + size])


def joined(raw, dice):
    raw += raw[dice.randrange(len(raw)) :]


WAYS = (flipped, flipped, cut, lost, doubled, swapped, lied, lied, wiped, joined)


@pytest.fixture
def count(pytestconfig):
    """How many mutants of each kind."""
    return 150 if pytestconfig.option.complete else 40


def mutants(kind, count, seed=0):
    """Damaged files, the same every time."""
    dice, seeds = random.Random(f"{kind} {seed}"), good(kind)
    for _ in range(count):
        raw = bytearray(dice.choice(seeds))
        for _ in range(dice.choice((1, 1, 1, 2, 3))):
            if raw:
                dice.choice(WAYS)(raw, dice)
        yield bytes(raw)


# ---- the command


def run(folder, *words):
    """The rows by the names of the inputs; a run never ends in a traceback."""
    ran = subprocess.run(
        [sys.executable, "-m", "poolcli", *words, "--report", "jsonl"],
        cwd=folder,
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    assert "Traceback" not in ran.stderr
    assert "a mistake in poolcli" not in ran.stderr
    assert "Warning" not in ran.stderr
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    failed = [row for row in rows if row["status"] == "failed"]
    assert ran.returncode == bool(failed)
    assert ran.stderr.count("\n") == len(failed), ran.stderr
    for row in failed:
        assert row["reason"]
        assert row["reason"].isprintable()
    return {row["input"]: row for row in rows}


def check_outputs(folder, rows):
    """What is done can be read, and nothing else is there."""
    done = {folder / row["output"] for row in rows.values() if row["status"] == "done"}
    for path in done:
        for one in read(path):
            assert one.data.size
        if path.suffix == ".npz":
            with zipfile.ZipFile(path) as archive:
                assert archive.testzip() is None
        elif path.suffix == ".npy":
            assert np.load(path).size
        elif path.suffix[1:] in PILLOWS:  # no TIFF, which holds samples that Pillow does not
            with Image.open(path) as image:
                image.load()
    assert {path for path in (folder / "out").rglob("*") if path.is_file()} == done


@pytest.mark.parametrize("kind", first(5, KINDS))
def test_mutants(tmp_path, kind, count):
    (tmp_path / "in").mkdir()
    for number, raw in enumerate(mutants(kind, count)):
        (tmp_path / f"in/{number:03}.{kind}").write_bytes(raw)
    words = ("avg", "--nan", "ignore", "--nodata", "0") if kind == "npy" else ("max",)
    rows = run(tmp_path, *words, "in", "-o", "out")
    assert len(rows) == count
    statuses = {row["status"] for row in rows.values()}
    assert statuses == {"done", "failed"} if count > 100 else statuses <= {"done", "failed"}
    check_outputs(tmp_path, rows)


@pytest.mark.parametrize("kind", first(3, [*KINDS[5:], *KINDS[:5]]))
def test_the_good_among_the_broken(tmp_path, kind):
    (tmp_path / "in").mkdir()
    seeds = good(kind)
    for number in range(20):
        (tmp_path / f"in/good{number:02}.{kind}").write_bytes(seeds[number % len(seeds)])
    for number in range(12):
        raw = seeds[number % len(seeds)]
        (tmp_path / f"in/a{number:02}.{kind}").write_bytes(raw[: 3 + number * len(raw) // 20])
    rows = run(tmp_path, "max", "in", "-o", "out", "-j", "2")
    assert [name for name, row in rows.items() if "good" in name and row["status"] == "done"] == [
        f"in/good{number:02}.{kind}" for number in range(20)
    ]
    bad = [row for name, row in rows.items() if "good" not in name]
    assert len(bad) == 12
    assert (
        sum(row["status"] == "failed" for row in bad) >= 10
    )  # a cut in what is only padding costs nothing
    check_outputs(tmp_path, rows)


@pytest.mark.parametrize("kind", first(1, ["npy", "npz", "png"]))
def test_mutants_within_a_limit(tmp_path, kind, count):
    """Arrays that stay on the disk take another way in."""
    (tmp_path / "in").mkdir()
    for number, raw in enumerate(mutants(kind, count, seed=1)):
        (tmp_path / f"in/{number:03}.{kind}").write_bytes(raw)
    rows = run(tmp_path, "max", "in", "-o", "out", "--max-memory", "40k" if kind != "png" else "4M")
    assert len(rows) == count
    check_outputs(tmp_path, rows)


def test_mutants_on_stdin(thinned):
    for number, raw in thinned(enumerate(mutants("npy", 5, seed=2))):
        ran = subprocess.run(
            [sys.executable, "-m", "poolcli", "max", "-", "-o", "-", "-q"],
            input=good("npy")[0] + raw,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert ran.returncode in (0, 1), number
        assert b"Traceback" not in ran.stderr
        assert b"a mistake in poolcli" not in ran.stderr
        assert np.load(io.BytesIO(ran.stdout)).shape == (3, 4, 5)
