"""As many frames as went in, each for its time, whatever is in them."""

from __future__ import annotations

import io
from itertools import product

import numpy as np
import pytest
from PIL import Image
from round_trips import image_map, pixels, saved, written

from poolcli.errors import FileError
from poolcli.io import read

WORDS = ("gif", "png", "webp")


def stills(mode, changes="aabbbca"):
    """Frames of a few colours; equal letters are equal frames."""
    frames = {}
    for number, letter in enumerate(sorted(set(changes))):
        frame = pixels(mode, 12, 15, 0) // 64 * 64
        frame[3 * number : 3 * number + 4, 2 + number : 9] //= 2  # only a part differs
        if mode == "RGBA":
            frame[..., 3] = np.where(frame[..., 3] > 64, 255, 0)
            frame[frame[..., 3] == 0] = 0
        frames[letter] = frame
    return [frames[letter] for letter in changes]


def maps_of(frames, durations, loop=0, mode="RGB"):
    return [
        image_map(mode, frame, duration=each, loop=loop)
        for frame, each in zip(frames, durations, strict=True)
    ]


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("word", WORDS)
def test_equal_neighbours_are_frames(word, mode):
    frames, durations = stills(mode), [20, 30, 40, 50, 60, 70, 80]
    raw = written(maps_of(frames, durations, mode=mode), word)
    again = read(io.BytesIO(raw))
    assert len(again) == len(frames)
    assert [one.facts["duration"] for one in again] == durations
    for one, frame in zip(again, frames, strict=True):
        np.testing.assert_array_equal(one.data, frame)


@pytest.mark.parametrize(("source", "word"), list(product(WORDS, WORDS)))
def test_pooled_from_format_to_format(cli, tmp_path, source, word):
    frames, durations = stills("RGB"), [200, 300, 400, 500, 600, 700, 800]
    (tmp_path / f"a.{source}").write_bytes(written(maps_of(frames, durations), source))
    ran = cli("max", "-k", 3, f"a.{source}", "-o", f"b.{word}", "--report", "jsonl")
    assert ran.code == 0, ran.err
    with Image.open(tmp_path / f"b.{word}") as image:
        assert image.n_frames == len(frames)
        assert image.info["loop"] == 0
        for number, (frame, duration) in enumerate(zip(frames, durations, strict=True)):
            image.seek(number)
            shown = np.asarray(image.convert("RGB"))
            assert image.info["duration"] == duration
            np.testing.assert_array_equal(shown, frame.reshape(4, 3, 5, 3, 3).max((1, 3)))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("word", WORDS)
def test_as_opencv_sees_them(word, mode):
    cv2 = pytest.importorskip("cv2", reason="cv2 is not installed")
    frames = stills(mode)
    raw = written(maps_of(frames, [100] * len(frames), mode=mode), word)
    found, animation = cv2.imdecodeanimation(np.frombuffer(raw, np.uint8))
    assert found
    assert list(animation.durations) == [100] * len(frames)
    for seen, frame in zip(animation.frames, frames, strict=True):
        shown = seen[..., [2, 1, 0, 3][: seen.shape[2]]]
        clear = frame[..., 3:] == 0 if mode == "RGBA" else np.zeros((*frame.shape[:2], 1), bool)
        np.testing.assert_array_equal(np.where(clear, 0, shown[..., :3]), frame[..., :3])


def test_frames_with_palettes_of_their_own():
    """Equal indices are other colours."""
    frames = [np.full((4, 4, 3), colour, np.uint8) for colour in (10, 10, 200, 77)]
    frames[1][2, 2] = 9
    again = read(io.BytesIO(written(maps_of(frames, [10] * 4), "gif")))
    for one, frame in zip(again, frames, strict=True):
        np.testing.assert_array_equal(one.data, frame)


@pytest.mark.parametrize("duration", [0, 1, 33, 1000 / 30, 1001 / 30, 250, 65535, 90_000, 10**9])
def test_durations_of_an_apng(duration):
    maps = maps_of(stills("RGB", "ab"), [duration] * 2)
    found = [one.facts["duration"] for one in read(io.BytesIO(written(maps, "png")))]
    assert found == pytest.approx([min(duration, 65_535_000)] * 2, rel=1e-4)


@pytest.mark.parametrize("loop", [None, 0, 1, 5])
@pytest.mark.parametrize("word", ["png", "webp", "gif"])
def test_a_gif_repeats_what_others_play(word, loop):
    """NETSCAPE2.0 counts how many times more; acTL and ANIM how many times."""
    options = {} if loop is None else {"loop": loop}
    first, second = (Image.fromarray(frame) for frame in stills("RGB", "ab"))
    raw = saved(first, "GIF", save_all=True, append_images=[second], duration=40, **options)
    (one, _) = read(io.BytesIO(written(read(io.BytesIO(raw)), word)))
    plays = 1 if loop is None else loop and loop + 1
    assert one.facts["loop"] == plays
    again = read(io.BytesIO(written(read(io.BytesIO(written([one, one], word))), "gif")))
    assert again[0].facts["loop"] == plays


def test_pages_of_a_tiff_become_frames_where_asked_for(cli):
    pages = [Image.fromarray(frame) for frame in stills("RGB")]
    pages[0].save("a.tif", save_all=True, append_images=pages[1:])
    assert cli("max", "a.tif", "-o", "a.gif").code == 0
    with Image.open("a.gif") as image:
        assert image.n_frames == len(pages)
    ran = cli("max", "a.tif", "-o", "a.png")
    assert ran.code == 1
    assert "a PNG has frames of an animation only" in ran.err


@pytest.mark.parametrize("word", WORDS)
def test_metadata_of_an_animation(word):
    exif = Image.Exif()
    exif[0x010E] = "the description"
    maps = [
        image_map("RGB", frame, icc=b"profile" * 9, exif=exif.tobytes()) for frame in stills("RGB")
    ]
    maps[0] = image_map("RGB", stills("RGB")[0], duration=70, **maps[0].facts)
    facts = read(io.BytesIO(written(maps, word)))[0].facts
    if word != "gif":
        assert facts["icc"] == b"profile" * 9
        assert b"the description" in facts["exif"]


def test_frames_of_other_sizes():
    maps = [*maps_of(stills("RGB", "a"), [10]), image_map("RGB", pixels("RGB", 3, 3))]
    with pytest.raises(FileError, match="one size"):
        written(maps, "webp")


@pytest.mark.parametrize("word", WORDS)
def test_frames_that_are_missing(word):
    raw = written(maps_of(stills("RGB", "abcd"), [40, 50, 60, 70]), word)
    for size in range(20, len(raw), 7):
        with pytest.raises(FileError):
            read(io.BytesIO(raw[:size]))
    assert len(read(io.BytesIO(raw + b"more"))) == 4
