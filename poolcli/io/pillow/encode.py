"""Maps become the bytes of an image file, with what they carry besides pixels.

What animations and GIF alone need is imported when one is written, as that keeps the start short.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

from PIL import Image

from poolcli.errors import FileError, PoolError
from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.mode import DEEP
from poolcli.io.pillow.image_checks import PILLOW_ERRORS
from poolcli.io.pillow.named_stream import saved
from poolcli.io.pillow.png_deep import encode_deep
from poolcli.io.pillow.png_deflate import LEVEL, best_strategy, encode_png
from poolcli.io.pillow.to_image import check_form, to_image, to_pixels
from poolcli.io.pillow.written_facts import save_options, with_facts
from poolcli.io.sink import Sink, WholeSink
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.picture import Picture

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "jpeg": {"quality": 95, "subsampling": 0},
    "webp": {"lossless": True, "exact": True},  # exact: colours under transparent pixels too
    "gif": {"optimize": False},  # a palette may be a legend
    "avif": {"quality": 100, "subsampling": "4:4:4"},
    "j2k": {"no_jp2": True},
}
# Pillow's names of compressions by those of facts: what is kept.
_COMPRESSIONS: Mapping[str, Mapping[str, str]] = {
    "tga": {"rle": "tga_rle"},
}


def open_sink(
    record: Format, stream: BinaryIO, headers: Sequence[Header], options: Mapping[str, Any]
) -> Sink:
    """An image file with a page for each map."""
    return WholeSink(headers, lambda maps: stream.write(encode(maps, record, options)))


def check(record: Format, headers: Sequence[Header], options: Mapping[str, Any]) -> None:
    """FileError for maps that are no pictures, or that this format cannot hold."""
    _check_pages(headers, record)
    for header in headers:
        check_form(header, record, options.get("scale"))


def encode(maps: Sequence[FeatureMap], target: Format, options: Mapping[str, Any]) -> bytes:
    """The bytes of an image file with a page for each map."""
    save = {name: value for name, value in options.items() if name != "scale"}
    samples = [(*to_pixels(one, target, options.get("scale")), one.picture) for one in maps]
    if any(mode in DEEP for _, mode, _ in samples):
        return _deep(maps, samples, target, save)
    images = [to_image(*each, target) for each in samples]
    first = maps[0]
    save = {**_kept_compression(first, target), **_save_options(target, save)}
    mode = images[0].mode
    metadata = save_options(first, mode, target)

    def saved(metadata: Mapping[str, Any]) -> bytes:
        if len(images) > 1:
            from poolcli.io.pillow.encode_animation import ANIMATED, encode_animation

            if target.name in ANIMATED:
                return encode_animation(maps, images, target, {**save, **metadata})
        return _saved(images, target, {**save, **metadata})

    with encoding(target):
        try:
            return with_facts(saved(metadata), first, mode, target)
        except PILLOW_ERRORS:
            # A profile too large or an EXIF block too odd for the format must not cost the picture.
            return saved({})


def _deep(
    maps: Sequence[FeatureMap],
    samples: Sequence[tuple[Array, str, Picture | None]],
    target: Format,
    save: Mapping[str, Any],
) -> bytes:
    """The bytes of a PNG of 16 bits a sample."""
    if len(samples) > 1:
        raise FileError("a PNG with frames has 8 bits a channel, these have 16: write .tiff")
    ((pixels, mode, _),) = samples
    kind = mode.removesuffix(";16")
    with encoding(target):
        file = encode_deep(pixels, mode, {**save, **save_options(maps[0], kind, target)})
        return with_facts(file, maps[0], kind, target)


def _check_pages(headers: Sequence[Header], target: Format) -> None:
    if target.name != "png" or len(headers) == 1:
        return
    from poolcli.io.pillow.encode_animation import is_frame

    if not any(map(is_frame, headers)):
        raise FileError(
            f"{len(headers)} maps need a format with pages, and a PNG has frames of an animation "
            "only: write .tiff, .webp or .gif, or .npz"
        )


# Options of Image.save -----------------------------------------------------------------------


def _save_options(target: Format, save: Mapping[str, Any]) -> dict[str, Any]:
    options = {**_DEFAULTS.get(target.name, {}), **save}
    if target.name == "webp" and "quality" in save and "lossless" not in save:
        options["lossless"] = False
    if "rate" in options:
        rate = options.pop("rate")
        options |= {"irreversible": True, "quality_mode": "rates", "quality_layers": [rate]}
    return options


def _kept_compression(one: FeatureMap, target: Format) -> dict[str, Any]:
    """The compression of the file it came from, where this format has it, too."""
    name = one.facts.get("compression", "")
    if target.name == "tga" and one.form.mode == "1":
        return {}  # of which Pillow packs no bits
    kept = _COMPRESSIONS.get(target.name, {})
    return {"compression": kept[name]} if name in kept else {}


# Bytes ---------------------------------------------------------------------------------------


def _saved(images: Sequence[Image.Image], target: Format, options: Mapping[str, Any]) -> bytes:
    if target.name == "gif":
        from poolcli.io.pillow.gif_palette import gif_frames

        images = gif_frames(images)
    first, *more = images
    if target.name == "png":
        if (strategy := best_strategy(first, options)) is not None:
            return encode_png(first, options, strategy)
        options = {"compress_level": LEVEL, **options}
    pages = {"save_all": True, "append_images": more} if more else {}
    return saved(first, target.pillow, **options, **pages)


@contextmanager
def encoding(target: Format) -> Iterator[None]:
    """Turn whatever Pillow raises in this block into a FileError."""
    try:
        yield
    except PoolError:
        raise
    except PILLOW_ERRORS as error:
        message = " ".join(str(error).split())
        raise FileError(
            f"Pillow cannot write it as {target.name.upper()} ({message}): write .png or .npy"
        ) from error
