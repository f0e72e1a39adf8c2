"""Damaged, mislabelled and hostile files are refused in one line, with a cure."""

import io
import struct
import zipfile
import zlib

import numpy as np
import pytest
from handmade import chunk, npy, npy_header, png
from PIL import Image


def size(path):
    with Image.open(path) as opened:
        return opened.size


def image(kind, mode="RGB", **options):
    stream = io.BytesIO()
    values = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    Image.fromarray(values).convert(mode).save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "GIF", "BMP", "PPM", "WEBP"])
def test_truncated_images(refused, tmp_path, kind):
    raw = image(kind)
    (tmp_path / "cut").write_bytes(raw[: len(raw) // 2])
    refused("max cut", 1, " is cut short or damaged", "save or download it again")


@pytest.mark.parametrize("name", ["a.png", "a.npy", "a.npz", "a"])
def test_empty_files(refused, tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    refused(f"max {name}", 1, f"{name}: the file is empty")


@pytest.mark.parametrize("name", ["a.png", "a.npy", "a.npz", "a.tif"])
def test_mislabelled_files(refused, tmp_path, name):
    (tmp_path / name).write_text(
        "this is a letter to my aunt, who likes neither pictures nor numbers"
    )
    refused(f"max {name}", 1, f"{name}: ", "neither an array (.npy, .npz) nor an image")


@pytest.mark.parametrize(("name", "kind"), [("a.jpg", "PNG"), ("a.npy", "JPEG"), ("a.txt", "TIFF")])
def test_a_wrong_suffix_alone_does_no_harm(cli, tmp_path, name, kind):
    (tmp_path / name).write_bytes(image(kind))
    assert cli("max", name, "-o", "b.png").code == 0
    assert size(tmp_path / "b.png") == (25, 20)


ARRAYS = [
    (np.array([1, {}], object), "pickled Python objects, which are never loaded: save it as"),
    (np.ones((4, 4), complex), "complex numbers, which have no order: save"),
    (np.array(["a", "b"]), "text: save numbers"),
    (np.array([b"a", b"b"]), "text: save numbers"),
    (np.zeros((0, 3, 4, 4)), "shape 0x3x4x4 has no values"),
    (np.zeros((4, 0)), "shape 4x0 has no values"),
    (np.float32(3), "a single number (0 axes) has nothing to pool: give it at least one axis"),
    (np.zeros((1,) * 6), "6 axes has no usual layout (1 to 5 axes do): reshape it"),
    (np.zeros(4, "M8[D]"), "dates: save them as numbers"),
    (np.zeros(4, [("a", "i4")]), "records of several fields: save one field"),
]


@pytest.mark.parametrize(("data", "said"), ARRAYS)
@pytest.mark.parametrize("command", ["max", "info", "shape max", "max --dry-run"])
def test_arrays_that_cannot_be_pooled(refused, tmp_path, command, data, said):
    (tmp_path / "a.npy").write_bytes(npy(data, allow_pickle=True))
    refused(f"{command} a.npy", 1, "a.npy: ", said)


@pytest.mark.parametrize(("data", "said"), ARRAYS)
def test_arrays_of_an_archive(refused, tmp_path, data, said):
    np.savez(tmp_path / "a.npz", good=np.ones((4, 4)), bad=data)
    refused("max a.npz", 1, "a.npz: array 'bad'", said)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (
            npy(np.ones((9, 9)))[:-1],
            ["9x9 float64, 648 bytes, the file holds 647", "save it again"],
        ),
        (npy(np.ones((9, 9)))[:50], ["header is damaged: save it again"]),
        (b"\x93NUMPY", ["header is damaged: save it again"]),
        (
            npy_header(
                "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }\n", b"1234"
            ),
            [
                "claims 1000000x1000000 float64, 8000000000000 bytes, the file holds 4",
                "save it again",
            ],
        ),
        (
            npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 4), }\n", bytes(99)),
            ["no proper shape"],
        ),
        (npy_header("__import__('os').mkdir('hacked')"), ["header is damaged"]),
    ],
)
def test_headers_that_lie(refused, tmp_path, raw, said):
    (tmp_path / "a.npy").write_bytes(raw)
    refused("max a.npy", 1, "a.npy: ", *said)


def test_a_decompression_bomb(refused, tmp_path):
    (tmp_path / "bomb.png").write_bytes(png(60_000, 60_000, 8, 2, bytes(1000)))
    for command in ("max", "max --dry-run"):
        refused(
            f"{command} bomb.png",
            1,
            "bomb.png: an image of 3,600,000,000 pixels",
            "may be a trap: if you trust it, give --max-memory",
            "cut it into",
        )


def test_a_bomb_in_an_archive(refused, tmp_path):
    header = npy_header(
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2000000000,), }", bytes(99)
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", header)
    raw = stream.getvalue()
    size = raw.rindex(b"PK\x01\x02") + 24
    (tmp_path / "a.npz").write_bytes(
        raw[:size] + struct.pack("<I", 2_100_000_000) + raw[size + 4 :]
    )
    refused("max a.npz", 1, "a.npz: array 'a'", "more than the archive holds", "save it again")


def test_a_bomb_in_the_text_of_a_png(refused, tmp_path):
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100_000_000)))
    (tmp_path / "a.png").write_bytes(png(4, 4, 8, 0, bytes(20), before=text))
    refused("max a.png", 1, "a.png: ", "save")


def test_a_failure_leaves_the_output_that_was_there(refused, cli, photo, tmp_path):
    (tmp_path / "bad.png").write_bytes((tmp_path / "photo.png").read_bytes()[:200])
    refused("max bad.png -o photo.png --overwrite", 1, "bad.png: ", "damaged")
    refused(
        "max photo.png --dtype float32 -o photo.png --overwrite", 1, "no pixel range: give --scale"
    )
    assert cli("max", "photo.png", "-o", "photo.png", "--overwrite").code == 0
    assert size(tmp_path / "photo.png") == (8, 6)


WHOLE = ["view", "compare max", "bench --peers none --repeats 1 max"]


@pytest.mark.parametrize("command", [*WHOLE, "explain max", "info"])
def test_a_large_image_is_read_where_it_is_trusted(cli, tmp_path, monkeypatch, command):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    (tmp_path / "a.png").write_bytes(image("PNG"))
    assert (cli(*command.split(), "a.png").code == 0) == (command == "info")
    assert cli(*command.split(), "a.png", "--max-memory", "1M").code == 0


@pytest.mark.parametrize("command", WHOLE)
def test_a_map_larger_than_the_memory_allowed_is_refused(refused, tmp_path, command):
    np.save(tmp_path / "a.npy", np.zeros((100, 100)))
    said = "a.npy: its maps take 80.0 KB, more than the 9.0 KB of --max-memory: give 80K or more"
    refused(f"{command} a.npy --max-memory 9K", 1, said)
