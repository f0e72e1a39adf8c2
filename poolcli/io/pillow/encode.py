"""Maps become the bytes of an image file, with what they carry besides pixels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import Any

from PIL import Image

from poolcli.errors import FileError, PoolError, RequestError
from poolcli.io.format import FORMATS, Format
from poolcli.io.mode import ALL, DEEP
from poolcli.io.pillow.checks import PILLOW_ERRORS
from poolcli.io.pillow.encode_animation import ANIMATED, encode_animation, is_frame
from poolcli.io.pillow.exif import PREFIX, descriptive
from poolcli.io.pillow.gif_palette import gif_frames
from poolcli.io.pillow.png_deep import encode_deep
from poolcli.io.pillow.png_deflate import best_strategy, encode_png
from poolcli.io.pillow.to_image import to_image, to_pixels
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


def encode(
    maps: Sequence[FeatureMap], target: Format, save: Mapping[str, Any], scale: str | None
) -> bytes:
    """The bytes of an image file with a page for each map."""
    _check_pages(maps, target)
    _check_options(target, save)
    samples = [(*to_pixels(one, target, scale), one.picture) for one in maps]
    if any(mode in DEEP for _, mode, _ in samples):
        return _deep(samples, target, save)
    images = [to_image(*each, target) for each in samples]
    first = maps[0].picture
    options = _save_options(target, save)
    if first is not None:
        options = {**_kept_compression(first, target), **options}
    metadata = _metadata(first, images[0].mode, target) if first is not None else {}

    def saved(metadata: Mapping[str, Any]) -> bytes:
        if len(images) > 1 and target.name in ANIMATED:
            return encode_animation(maps, images, target, {**options, **metadata})
        return _saved(images, target, {**options, **metadata})

    with encoding(target):
        try:
            return saved(metadata)
        except PILLOW_ERRORS:
            # A profile too large or an EXIF block too odd for the format must not cost the picture.
            return saved({})


def _deep(
    samples: Sequence[tuple[Array, str, Picture | None]], target: Format, save: Mapping[str, Any]
) -> bytes:
    """The bytes of a PNG of 16 bits a sample."""
    if len(samples) > 1:
        raise FileError("a PNG with frames has 8 bits a channel, these have 16: write .tiff")
    ((pixels, mode, picture),) = samples
    metadata = _metadata(picture, mode, target) if picture else {}
    with encoding(target):
        return encode_deep(pixels, mode, {**save, **metadata})


def _check_pages(maps: Sequence[FeatureMap], target: Format) -> None:
    if len(maps) == 1:
        return
    if target.name == "png" and not any(map(is_frame, maps)):
        raise FileError(
            f"{len(maps)} maps need a format with pages, a PNG has one: write {_paged_suffixes()}"
        )
    if not target.holds_pages:
        raise FileError(f"{len(maps)} maps need a format with pages: write {_paged_suffixes()}")


def _paged_suffixes() -> str:
    paged = [
        known for known in FORMATS if known.holds_pages and known.name != "png" and not known.extra
    ]
    return " or ".join(known.suffixes[0] for known in paged)


def _check_options(target: Format, save: Mapping[str, Any]) -> None:
    if target.name == "tiff" and "quality" in save and save.get("compression") != "jpeg":
        raise RequestError("tiff option quality is for compression=jpeg: give both or neither")


# Options of Image.save -----------------------------------------------------------------------


def _save_options(target: Format, save: Mapping[str, Any]) -> dict[str, Any]:
    options = {**_DEFAULTS.get(target.name, {}), **save}
    if target.name == "webp" and "quality" in save and "lossless" not in save:
        options["lossless"] = False
    if "rate" in options:
        rate = options.pop("rate")
        options |= {"irreversible": True, "quality_mode": "rates", "quality_layers": [rate]}
    return options


def _kept_compression(picture: Picture, target: Format) -> dict[str, Any]:
    """The compression of the file it came from, if that had the same format."""
    extras = dict(picture.extras)
    if picture.format != target.pillow or "compression" not in extras:
        return {}
    if picture.format == "TGA" and picture.mode == "1":
        return {}  # of which Pillow packs no bits
    return {"compression": extras["compression"]}


# Metadata ------------------------------------------------------------------------------------


def _metadata(picture: Picture, mode: str, target: Format) -> dict[str, Any]:
    """The metadata of a picture that the format holds, as options of Image.save."""
    options = {
        "icc": ("icc_profile", _icc(picture, mode)),
        "exif": ("exif", _exif(picture, target)),
        "dpi": ("dpi", picture.dpi),
    }
    return {
        name: value for fact, (name, value) in options.items() if fact in target.keeps and value
    }


def _icc(picture: Picture, mode: str) -> bytes | None:
    """The profile, unless the image is no longer of its kind: gray, colour or CMYK."""
    return picture.icc if ALL[picture.mode].colour == ALL[mode].colour else None


def _exif(picture: Picture, target: Format) -> bytes | None:
    if picture.exif is None:
        return None
    block = picture.exif.removeprefix(PREFIX)
    if target.name == "tiff":
        return _descriptive_block(block)
    return PREFIX + block if target.name == "jpeg" else block


def _descriptive_block(block: bytes) -> bytes | None:
    exif = Image.Exif()
    with suppress(*PILLOW_ERRORS):
        exif.load(block)
        return descriptive(exif)
    return None


# Bytes ---------------------------------------------------------------------------------------


def _saved(images: Sequence[Image.Image], target: Format, options: Mapping[str, Any]) -> bytes:
    first, *more = gif_frames(images) if target.name == "gif" else images
    if target.name == "png" and (strategy := best_strategy(first, options)) is not None:
        return encode_png(first, options, strategy)
    pages = {"save_all": True, "append_images": more} if more else {}
    stream = BytesIO()
    first.save(stream, target.pillow, **options, **pages)
    return stream.getvalue()


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
