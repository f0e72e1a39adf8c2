"""Pages and animations."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from round_trips import assert_peek_agrees, image_map, pixels, saved, written

from poolcli.errors import FileError
from poolcli.io import (
    read,
)


def test_tiff_pages():
    modes = ["RGB", "L", "I;16", "F", "1", "P"]
    maps = [image_map(mode, pixels(mode, 5 + number, 7)) for number, mode in enumerate(modes)]
    raw = written(maps, "tiff")
    again = read(io.BytesIO(raw))
    assert [one.name for one in again] == list("012345")
    assert [one.picture.mode for one in again] == modes
    assert all(np.array_equal(one.data, was.data) for one, was in zip(again, maps, strict=True))
    assert_peek_agrees(io.BytesIO(raw))


def animation(mode, count=5):
    frames = [pixels(mode, 12, 14, seed) for seed in range(count)]
    frames = [frame // 64 * 64 for frame in frames]
    if mode == "RGBA":
        for frame in frames:
            frame[..., 3] = np.where(frame[..., 3] > 64, 255, 0)
            frame[frame[..., 3] == 0] = 0
    return frames


@pytest.mark.parametrize("word", ["gif", "webp", "png"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_animations_come_back(word, mode):
    frames = animation(mode)
    maps = [
        image_map(mode, frame, duration=50 + 10 * number, loop=3)
        for number, frame in enumerate(frames)
    ]
    raw = written(maps, word)
    again = read(io.BytesIO(raw))
    assert [one.name for one in again] == list("01234")
    assert {one.picture.mode for one in again} == {mode}
    for one, frame in zip(again, frames, strict=True):
        alpha = frame[..., 3] if mode == "RGBA" else np.full(frame.shape[:2], 255, np.uint8)
        assert np.array_equal(one.data[alpha > 0][:, :3], frame[alpha > 0][:, :3])
        assert one.data.shape[2] == 3 or np.array_equal(one.data[..., 3], alpha)
    assert [one.facts["duration"] for one in again] == [50, 60, 70, 80, 90]
    assert again[0].facts["loop"] == 3
    assert_peek_agrees(io.BytesIO(raw))
    twice = read(io.BytesIO(written(again, word)))
    assert all(np.array_equal(a.data, b.data) for a, b in zip(again, twice, strict=True))


@pytest.mark.parametrize("transparent", [False, True])
def test_palette_gif_frames_are_composed(transparent):
    frames = [
        Image.frombytes("P", (14, 12), (pixels("P", 12, 14, seed) % 8).tobytes())
        for seed in range(3)
    ]
    for frame in frames:
        frame.putpalette(bytes(range(24)))
    options = {"transparency": 3, "disposal": 2} if transparent else {}
    raw = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=40, **options)
    maps = read(io.BytesIO(raw))
    assert {one.picture.mode for one in maps} == {"RGBA" if transparent else "RGB"}
    for frame, one in zip(frames, maps, strict=True):
        indices = np.asarray(frame)
        shown = np.arange(24).reshape(8, 3)[indices]
        seen = indices != 3 if transparent else np.ones_like(indices, bool)
        assert np.array_equal(one.data[seen][:, :3], shown[seen])
    assert_peek_agrees(io.BytesIO(raw))


def test_single_gifs_keep_their_palette():
    image = Image.frombytes("P", (14, 12), (pixels("P", 12, 14) % 8).tobytes())
    image.putpalette(bytes(range(24)))
    (one,) = read(io.BytesIO(saved(image, "GIF")))
    assert one.picture.mode == "P"
    assert one.facts == {}


def test_gray_animations_become_colour():
    frames = [Image.fromarray(pixels("L", 6, 7, seed)) for seed in range(3)]
    for word, options in (("GIF", {}), ("PNG", {})):
        raw = saved(
            frames[0], word, save_all=True, append_images=frames[1:], duration=40, **options
        )
        maps = read(io.BytesIO(raw))
        assert all(
            np.array_equal(one.data[..., 0], np.asarray(frame))
            for one, frame in zip(maps, frames, strict=True)
        )
        assert_peek_agrees(io.BytesIO(raw))


def test_a_default_image_stays_out_of_the_animation():
    frames = [Image.fromarray(frame) for frame in animation("RGB", 4)]
    raw = saved(
        frames[0],
        "PNG",
        save_all=True,
        append_images=frames[1:],
        default_image=True,
        duration=[10, 20, 30],
    )
    maps = read(io.BytesIO(raw))
    assert len(maps) == 4
    again = Image.open(io.BytesIO(written(maps, "png")))
    assert (again.default_image, again.n_frames) == (True, 4)


def test_pages_need_a_format_that_holds_them():
    maps = [image_map("L"), image_map("L")]
    for word in ("jpg", "bmp", "ppm"):
        with pytest.raises(
            FileError,
            match=r"2 maps do not fit \.\w+, which holds one: write .npz, or pages as .tiff",
        ):
            written(maps, word)
    with pytest.raises(FileError, match="a PNG has frames of an animation only"):
        written([image_map("L")] * 2, "png")
    with pytest.raises(FileError, match="one size"):
        written([image_map("L"), image_map("L", pixels("L", 3, 3))], "gif")
