"""Which parts of a file to look at: pages, arrays, channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from poolcli.errors import RequestError, ShapeError
from poolcli.maps.feature_map import FeatureMap

FEW = 12  # pages that are shown unasked


def pages_of(
    maps: Sequence[FeatureMap], title: str, page: str | None = None
) -> list[tuple[str, FeatureMap]]:
    """The maps of a file with a title each: the page, or the array, of this name, or the first few of all."""
    if page is not None:
        found = [
            (title, fmap) for fmap in maps if fmap.name == page or (len(maps) == 1 and page == "0")
        ]
        if not found:
            raise RequestError(
                f"--page {page}: there is {_listed([fmap.name or '0' for fmap in maps])}"
            )
        return found
    if len(maps) == 1:
        return [(title, maps[0])]
    titled = [(f"{title}, {fmap.name}", fmap) for fmap in maps[:FEW]]
    if len(maps) > FEW:
        titled[-1] = (f"{titled[-1][0]} (first {FEW} of {len(maps)})", titled[-1][1])
    return titled


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= FEW else f"{names[0]} to {names[-1]}"


def channels_of(fmap: FeatureMap, numbers: Sequence[int]) -> FeatureMap:
    """Some channels of a map; those of an image are values without their colours."""
    if "C" not in fmap.layout:
        raise ShapeError(f"--channels: a map of layout {fmap.layout} has none")
    count = fmap.form.frame.channels or 1
    if max(numbers) >= count:
        raise ShapeError(f"--channels {max(numbers)}: there are {count}, from 0 to {count - 1}")
    return replace(fmap, data=fmap.data.take(numbers, axis=fmap.layout.index("C")), picture=None)
