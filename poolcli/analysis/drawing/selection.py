"""Select parts of a file: pages, arrays, channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from poolcli.errors import RequestError, ShapeError
from poolcli.maps.feature_map import FeatureMap

MOST_PAGES = 12  # pages that are shown where none is named, and names that a message lists


def pages_of(
    maps: Sequence[FeatureMap], title: str, page: str | None = None
) -> list[tuple[str, FeatureMap]]:
    """The maps of a file with a title each: the named page or array, or the first ones."""
    if page is not None:
        return [(title, fmap) for fmap in _named(maps, page)]
    if len(maps) == 1:
        return [(title, maps[0])]
    titles = [f"{title}, {fmap.name}" for fmap in maps[:MOST_PAGES]]
    if len(maps) > MOST_PAGES:
        titles[-1] += f" (first {MOST_PAGES} of {len(maps)})"
    return list(zip(titles, maps, strict=False))


def _named(maps: Sequence[FeatureMap], page: str) -> list[FeatureMap]:
    """The maps of this name; the only map of a file is page 0."""
    if len(maps) == 1 and page == "0":
        return list(maps)
    found = [fmap for fmap in maps if fmap.name == page]
    if not found:
        names = [fmap.name or "0" for fmap in maps]
        raise RequestError(f"`page` {page}: there is {_listed(names)}")
    return found


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= MOST_PAGES else f"{names[0]} to {names[-1]}"


def channels_of(fmap: FeatureMap, numbers: Sequence[int]) -> FeatureMap:
    """Some channels of a map; those of an image become values without colours."""
    if "C" not in fmap.layout:
        raise ShapeError(f"`channels`: a map of layout {fmap.layout} has none")
    count = fmap.form.frame.channels or 1
    if max(numbers) >= count:
        raise ShapeError(f"`channels` {max(numbers)}: there are {count}, from 0 to {count - 1}")
    return replace(fmap, data=fmap.data.take(numbers, axis=fmap.layout.index("C")), picture=None)
