"""What an image says beside its pixels: the facts of a Pillow image that is not decoded yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from math import isfinite
from typing import Any, BinaryIO

from PIL import Image

from poolcli.io.pillow.exif import swaps_axes, upright_block, upright_exif, upright_xmp
from poolcli.io.pillow.further_blocks import gif_facts
from poolcli.io.pillow.further_data import bmp_facts, further_data
from poolcli.io.pillow.image_checks import PILLOW_ERRORS
from poolcli.io.pillow.jp2_boxes import jp2_facts
from poolcli.io.pillow.photoshop import jpeg_iptc, psd_facts
from poolcli.io.pillow.png_facts import png_facts
from poolcli.io.pillow.ppm import ppm_facts
from poolcli.io.pillow.qoi import qoi_facts

# Names of compressions in facts, by Pillow's.
_COMPRESSIONS = {
    "raw": "none",
    "tga_rle": "rle",
}
_RESOLUTION = 0x011A  # tag of EXIF
_OWN: Mapping[str, Callable[[BinaryIO], dict[str, Any]]] = {
    "PNG": png_facts,
    "JPEG2000": jp2_facts,
    "PPM": ppm_facts,
    "QOI": qoi_facts,
    "GIF": gif_facts,
    "BMP": bmp_facts,
}


def facts_of(image: Image.Image, stream: BinaryIO, turn: int, *, is_frame: bool) -> dict[str, Any]:
    """What the image carries beside its pixels; `turn` is the orientation that reading undoes."""
    info = image.info
    found: dict[str, Any] = {
        "icc": info.get("icc_profile") or None,
        "exif": upright_exif(image),
        "xmp": info.get("xmp") or None,
        "iptc": jpeg_iptc(image),
        "dpi": _dpi(image),
        "aspect": _aspect(image),
        "comment": _comment(image),
        "pictures": _further_pictures(image) or None,
        "further_data": further_data(image, stream) or None,
    }
    if image.info.get("exif") and found["exif"] is None:
        found["further_data"] = ("damaged EXIF", *(found["further_data"] or ()))
    if image.format == "PSD":
        found |= psd_facts(image)
    if image.format == "TGA":
        found["compression"] = _COMPRESSIONS.get(info.get("compression", ""))
    if is_frame:
        found |= {"duration": info.get("duration", 0), "loop": _plays(image)}
        found["default_image"] = getattr(image, "default_image", False) or None
    read_own = _OWN.get(image.format or "")
    own = read_own(stream) if read_own else {}
    return _upright(
        {**own, **{name: each for name, each in found.items() if each is not None}}, turn
    )


def _upright(facts: dict[str, Any], turn: int) -> dict[str, Any]:
    """The facts of the image once it is upright."""
    if "xmp" in facts:
        facts["xmp"] = upright_xmp(_as_bytes(facts["xmp"]))
    if "exif" in facts:
        with suppress(*PILLOW_ERRORS):
            facts["exif"] = upright_block(facts["exif"])
    for name in ("dpi", "aspect"):
        if name in facts and swaps_axes(turn):
            facts[name] = facts[name][::-1]
    return facts


def _as_bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    pair = _pair(image.info.get("dpi"))
    if image.format in ("JPEG", "MPO") and not _has_resolution(image):
        return None  # Pillow says 72, as EXIF does of what has none
    return pair


def _has_resolution(image: Image.Image) -> bool:
    if image.info.get("jfif_unit", 0):
        return True
    with suppress(*PILLOW_ERRORS):
        return _RESOLUTION in Image.Image.getexif(image)
    return False


def _aspect(image: Image.Image) -> tuple[float, float] | None:
    """The shape of a pixel of a JPEG whose density has no unit; 1 to 1 says nothing."""
    if image.info.get("jfif_unit", 1) != 0 or _dpi(image):
        return None
    pair = _pair(image.info.get("jfif_density"))
    return None if pair == (1, 1) else pair


def _pair(value: Any) -> tuple[float, float] | None:
    """Two positive numbers; None for whatever else a damaged file says."""
    try:
        across, down = map(float, value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if all(isfinite(each) and each > 0 for each in (across, down)) else None


def _comment(image: Image.Image) -> str | None:
    """The comments of a JPEG or a GIF; that of a JPEG 2000 names the program that wrote it."""
    comment = image.info.get("comment")
    if not comment or image.format not in ("JPEG", "MPO", "GIF"):
        return None
    parts = [data for kind, data in getattr(image, "applist", ()) if kind == "COM"] or [comment]
    return b"\n".join(map(_as_bytes, parts)).decode("utf-8", "surrogateescape")


def _further_pictures(image: Image.Image) -> int:
    """How many pictures there are beside the one that is read: previews, gain maps, layers."""
    with suppress(*PILLOW_ERRORS):
        if image.format == "MPO":
            return int(getattr(image, "n_frames", 1)) - 1
        if image.format == "PSD":
            return len(getattr(image, "layers", ()))
        if image.format in ("ICO", "ICNS"):
            return len(image.info.get("sizes", ())) - 1
    return 0


def _plays(image: Image.Image) -> int:
    """How often an animation is shown (0: for ever); a GIF tells how many times more."""
    loop, is_gif = image.info.get("loop"), image.format == "GIF"
    if loop is None:
        return 1 if is_gif else 0
    return int(loop) + 1 if is_gif and loop else int(loop)
