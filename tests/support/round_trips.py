"""Images and maps to write and read back, and what both directions owe."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from poolcli.errors import PoolError
from poolcli.io import (
    format_named,
    peek,
    read,
    write,
)
from poolcli.io.mode import ALL, MODES
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.picture import Picture

MODES_OF_IMAGES = [mode for mode in MODES if mode != "HSV"]


def rng(seed=0):
    return np.random.default_rng(seed)


def pixels(mode, height=19, width=23, seed=0):
    dtype, channels = ALL[mode][:2]
    shape = (height, width, channels) if channels else (height, width)
    if dtype == "float32":
        return rng(seed).normal(size=shape).astype(np.float32)
    if dtype == "bool":
        return rng(seed).random(shape) < 0.5
    info = np.iinfo(dtype)
    return rng(seed).integers(info.min, info.max, shape, dtype=dtype, endpoint=True)


def image_map(mode, data=None, *, palette=None, palette_alpha=None, **facts):
    data = pixels(mode) if data is None else data
    if mode == "P" and palette is None:
        palette = rng(9).integers(0, 256, 768, dtype=np.uint8).tobytes()
    picture = Picture(mode, palette, palette_alpha)
    return FeatureMap(data, "HWC" if data.ndim == 3 else "HW", picture, facts=facts)


def written(maps, word, save=None, scale=None):
    stream = io.BytesIO()
    maps = [maps] if isinstance(maps, FeatureMap) else maps
    write(maps, stream, format_named(word), save or {}, scale)
    return stream.getvalue()


def back(maps, word, **more):
    return read(io.BytesIO(written(maps, word, **more)))


def rgba(one):
    """What a viewer shows, whatever the mode."""
    image = (
        Image.frombytes(one.picture.mode, one.data.shape[1::-1], one.data.tobytes())
        if one.data.dtype != bool
        else (Image.fromarray(one.data.astype(np.uint8) * 255))
    )
    if one.picture.mode == "P":
        image.putpalette(one.picture.palette)
        if one.picture.palette_alpha:
            image.info["transparency"] = one.picture.palette_alpha
    return np.asarray(image.convert("RGBA"))


def saved(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def through_file(image, kind="PNG", **options):
    """The map of an image that went through a file."""
    (fmap,) = read(io.BytesIO(saved(image, kind, **options)))
    return fmap


def refusal(data, layout=None):
    """The message of the error that reading gives: one line."""
    with pytest.raises(PoolError) as caught:
        read(io.BytesIO(data), layout)
    message = str(caught.value)
    assert "\n" not in message
    assert message
    return message


def assert_peek_agrees(source):
    seen = peek(source)
    maps = read(source)
    assert len(seen.maps) == len(maps)
    for header, one in zip(seen.maps, maps, strict=True):
        assert header.form == one.form
        assert (header.name, header.shape, header.dtype, header.layout) == (
            one.name,
            one.data.shape,
            one.data.dtype.name,
            one.layout,
        )
        if one.picture:
            assert header.mode == one.picture.mode
            assert header.facts.keys() == one.facts.keys()
