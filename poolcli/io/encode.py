"""Images to bytes, through Pillow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from typing import Any

from PIL import Image

from poolcli.errors import FileError, RequestError
from poolcli.io.damage import DAMAGE
from poolcli.io.exif import PREFIX, described
from poolcli.io.fit import fit
from poolcli.io.format import FORMATS, Format
from poolcli.io.gif import gif_frames
from poolcli.io.mode import ALL
from poolcli.io.photo import photo_png, strategy
from poolcli.maps.feature_map import FeatureMap, Picture

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "jpeg": {"quality": 95, "subsampling": 0},
    "webp": {"lossless": True, "exact": True},  # exact: colours under transparent pixels too
    "gif": {"optimize": False},  # a palette may be a legend
}


def encode(
    maps: Sequence[FeatureMap], target: Format, options: Mapping[str, Any], scale: str | None
) -> bytes:
    """The bytes of an image file with a page for each map."""
    _check_pages(maps, target)
    _check_options(target, options)
    images = [fit(one, target, scale) for one in maps]
    if target.name == "gif":
        images = gif_frames(images)
    first = maps[0].picture
    told = {**_chosen(target, options), **_sequence(maps, images, target)}
    if first is None:
        return _saved(images[0], target, told)
    told = {**_compression(first, target), **told}
    return _with_facts(images[0], target, told, _facts(first, images[0], target))


def _check_pages(maps: Sequence[FeatureMap], target: Format) -> None:
    if len(maps) == 1:
        return
    if target.name == "png" and any(
        one.picture is None or one.picture.format != "PNG" for one in maps
    ):
        raise FileError(
            f"{len(maps)} maps need a format with pages, a PNG has one: write {_paged()}"
        )
    if not target.holds_pages:
        raise FileError(f"{len(maps)} maps need a format with pages: write {_paged()}")


def _paged() -> str:
    paged = [
        other for other in FORMATS if other.holds_pages and other.name != "png" and not other.extra
    ]
    return " or ".join(other.suffixes[0] for other in paged)


def _check_options(target: Format, options: Mapping[str, Any]) -> None:
    if target.name == "tiff" and "quality" in options and options.get("compression") != "jpeg":
        raise RequestError("tiff option quality is for compression=jpeg: give both or neither")


def _chosen(target: Format, options: Mapping[str, Any]) -> dict[str, Any]:
    chosen = {**_DEFAULTS.get(target.name, {}), **options}
    if target.name == "webp" and "quality" in options and "lossless" not in options:
        chosen["lossless"] = False
    return chosen


def _sequence(
    maps: Sequence[FeatureMap], images: Sequence[Image.Image], target: Format
) -> dict[str, Any]:
    """The further pages, and the timing of an animation that was one."""
    if len(images) == 1:
        return {}
    paged = {"save_all": True, "append_images": images[1:]}
    if target.name == "tiff":
        return paged
    if len({image.size for image in images}) > 1:
        raise FileError(
            f"the frames of a {target.name.upper()} have one size, these differ: write .tiff"
        )
    return {**paged, **_timing(maps), **({"disposal": 2} if _is_clear(images, target) else {})}


def _is_clear(images: Sequence[Image.Image], target: Format) -> bool:
    # Without being cleared before the next, a GIF's frame would shine through the transparent pixels of that.
    return target.name == "gif" and "transparency" in images[0].info


def _timing(maps: Sequence[FeatureMap]) -> dict[str, Any]:
    each = [dict(one.picture.extras) if one.picture else {} for one in maps]
    timing: dict[str, Any] = {
        name: each[0][name] for name in ("loop", "default_image") if name in each[0]
    }
    shown = each[1:] if "default_image" in timing else each
    if all("duration" in extras for extras in shown):
        timing["duration"] = [extras["duration"] for extras in shown]
    return timing


def _compression(picture: Picture, target: Format) -> dict[str, Any]:
    extras = dict(picture.extras)
    same = picture.format == target.pillow and "compression" in extras
    return {"compression": extras["compression"]} if same else {}


def _facts(picture: Picture, image: Image.Image, target: Format) -> dict[str, Any]:
    """What the picture carries and the format keeps, by Pillow's names."""
    facts = {
        "icc": ("icc_profile", _icc(picture, image)),
        "exif": ("exif", _exif(picture, target)),
        "dpi": ("dpi", picture.dpi),
    }
    return {name: value for fact, (name, value) in facts.items() if fact in target.keeps and value}


def _icc(picture: Picture, image: Image.Image) -> bytes | None:
    """The profile, unless the image is no longer of the kind (gray, colour, CMYK) it is a profile for."""
    return picture.icc if ALL[picture.mode].colour == ALL[image.mode].colour else None


def _exif(picture: Picture, target: Format) -> bytes | None:
    if picture.exif is None:
        return None
    block = picture.exif.removeprefix(PREFIX)
    if target.name == "tiff":
        return _told(block)
    return PREFIX + block if target.name == "jpeg" else block


def _told(block: bytes) -> bytes | None:
    exif = Image.Exif()
    with suppress(*DAMAGE):
        exif.load(block)
        return described(exif)
    return None


def _with_facts(
    image: Image.Image, target: Format, told: Mapping[str, Any], facts: Mapping[str, Any]
) -> bytes:
    try:
        return _saved(image, target, {**told, **facts})
    except FileError:
        # A profile too large or an EXIF block too odd for this format is no reason to lose the picture.
        return _saved(image, target, told)


def _saved(image: Image.Image, target: Format, told: Mapping[str, Any]) -> bytes:
    stream = BytesIO()
    try:
        if target.name == "png" and (best := strategy(image, told)) is not None:
            return photo_png(image, told, best)
        image.save(stream, target.pillow, **told)
    except DAMAGE as error:
        words = " ".join(str(error).split())
        raise FileError(
            f"Pillow cannot write it as {target.name.upper()} ({words}): write .png or .npy"
        ) from error
    return stream.getvalue()
