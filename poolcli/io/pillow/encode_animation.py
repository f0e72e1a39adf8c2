"""Maps become an animation: their timing, and a writer for each format that has frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PIL import Image

from poolcli.errors import FileError
from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.pillow.animation import Animation, saved
from poolcli.io.pillow.apng import encode_apng
from poolcli.io.pillow.gif import encode_gif
from poolcli.io.pillow.gif_palette import gif_frames
from poolcli.io.pillow.webp import encode_webp
from poolcli.maps.feature_map import FeatureMap


def _encode_avif(animation: Animation, options: Mapping[str, Any]) -> bytes:
    """The bytes of an AVIF, which is shown for ever; Pillow keeps all frames."""
    first, *more = animation.images
    pages = {"save_all": True, "append_images": more, "duration": list(animation.durations)}
    return saved(first, "AVIF", **options, **pages)


ANIMATED: Mapping[str, Callable[[Animation, Mapping[str, Any]], bytes]] = {
    "png": encode_apng,
    "gif": encode_gif,
    "webp": encode_webp,
    "avif": _encode_avif,
}
_USUAL_DURATION = 100  # milliseconds, of pages that have none


def is_frame(one: Header) -> bool:
    """Whether a map is a frame of an animation, and not a page."""
    return "duration" in one.facts or "default_image" in one.facts


def encode_animation(
    maps: Sequence[FeatureMap],
    images: Sequence[Image.Image],
    target: Format,
    options: Mapping[str, Any],
) -> bytes:
    """The bytes of an animation with a frame for each map; `images` are the maps' pixels."""
    if len({image.size for image in images}) > 1:
        raise FileError(
            f"the frames of a {target.name.upper()} have one size, these differ: write .tiff"
        )
    frames = gif_frames(images) if target.name == "gif" else _in_one_mode(images)
    return ANIMATED[target.name](_animation(maps, frames, target), options)


def _animation(
    maps: Sequence[FeatureMap], images: Sequence[Image.Image], target: Format
) -> Animation:
    first = maps[0].facts
    durations = [one.facts.get("duration", _USUAL_DURATION) for one in maps]
    if "default_image" in first and target.name == "png":
        return Animation(images[1:], durations[1:], first.get("loop", 0), images[0])
    return Animation(images, durations, first.get("loop", 0))


def _in_one_mode(images: Sequence[Image.Image]) -> Sequence[Image.Image]:
    """Frames for one header: of colours, unless all are alike."""
    modes = {image.mode for image in images}
    is_alike = len(modes) == 1 and modes != {"P"}
    return images if is_alike else [image.convert("RGBA") for image in images]
