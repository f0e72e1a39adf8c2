"""Maps become an animation: their timing, and a writer for each format that has frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PIL import Image

from poolcli.errors import FileError
from poolcli.io.format import Format
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


def is_frame(one: FeatureMap) -> bool:
    """Whether a map is a frame of an animation, and not a page."""
    extras = dict(one.picture.extras) if one.picture else {}
    return "duration" in extras or "default_image" in extras


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
    extras = [dict(one.picture.extras) if one.picture else {} for one in maps]
    is_gif = maps[0].picture is not None and maps[0].picture.format == "GIF"
    plays = _plays(extras[0].get("loop"), is_gif=is_gif)
    durations = [each.get("duration", _USUAL_DURATION) for each in extras]
    if extras[0].get("default_image") and target.name == "png":
        return Animation(images[1:], durations[1:], plays, images[0])
    return Animation(images, durations, plays)


def _plays(loop: int | None, *, is_gif: bool) -> int:
    """How often an animation is shown (0: for ever); a GIF tells how many times more."""
    if loop is None:
        return 1 if is_gif else 0
    return loop + 1 if is_gif and loop else loop


def _in_one_mode(images: Sequence[Image.Image]) -> Sequence[Image.Image]:
    """Frames for one header: of colours, unless all are alike."""
    modes = {image.mode for image in images}
    is_alike = len(modes) == 1 and modes != {"P"}
    return images if is_alike else [image.convert("RGBA") for image in images]
