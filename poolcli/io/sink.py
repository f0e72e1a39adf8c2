"""Writing: maps become the bytes of a format, on a stream or in a file that appears whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from poolcli.errors import FileError, RequestError
from poolcli.io.atomic_write import atomic, atomic_folder, make_folder
from poolcli.io.damage import enough_memory
from poolcli.io.format import FORMATS, Format, format_named
from poolcli.io.npy import file_of_values, write_npy
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import LETTERS
from poolcli.resources import memory
from poolcli.resources.memory import Part


@dataclass(frozen=True)
class Writer:
    """Writes the maps of one file, which have been encoded already.

    `values_file` is the file that holds the values of an .npy already, if one does: only the header
    is missing in it.
    """

    put: Callable[[Any], object]
    values_file: Part | None = None
    is_folder: bool = False

    def __call__(self, stream: BinaryIO) -> None:
        """Write onto a stream, which need not seek."""
        if self.is_folder:
            raise RequestError("a .zarr is a folder, which no stream holds: give -o FOLDER.zarr")
        self.put(stream)

    @contextmanager
    def to(self, path: Path, *, overwrite: bool) -> Iterator[None]:
        """Write a file that gets the name `path` when the block ends without an error."""
        make_folder(path.parent)
        opened = atomic_folder if self.is_folder else partial(atomic, part=self.values_file)
        with opened(path, overwrite=overwrite) as target:
            self.put(target)
            yield


def write(
    maps: Sequence[FeatureMap],
    stream: BinaryIO,
    format: Format,  # noqa: A002 the word its users know
    save: Mapping[str, str] | None = None,
    scale: str | None = None,
) -> None:
    """Write the maps of one file in a format, onto a stream that need not seek; see `writer`."""
    writer(maps, format, save, scale)(stream)


def writer(
    maps: Sequence[FeatureMap],
    format: Format,  # noqa: A002 the word its users know
    save: Mapping[str, str] | None = None,
    scale: str | None = None,
) -> Writer:
    """Encode the maps of one file in a format.

    `save` holds the format's options as texts; `scale` (minmax or none) turns values without a
    pixel range into pixels. Raises RequestError for an option that the format lacks and FileError
    for maps that it cannot hold, before anything is written.
    """
    options = format.options(save or {})
    with enough_memory():
        if format.name == "npy":
            array = memory.contiguous(_single_array(maps))
            return Writer(lambda stream: write_npy(stream, array), file_of_values(array))
        if format.name == "npz":
            from poolcli.io.npz import write_npz

            arrays = [(one.name, _array(one)) for one in maps]
            return Writer(lambda stream: write_npz(stream, arrays, **options))
        if format.is_folder:
            from poolcli.io.zarr_store import write_zarr

            return Writer(lambda folder: write_zarr(folder, maps, **options), is_folder=True)
        encoded = _encoded_image(maps, format, options, scale)
        return Writer(lambda stream: stream.write(encoded))


def _encoded_image(
    maps: Sequence[FeatureMap], target: Format, options: dict[str, Any], scale: str | None
) -> bytes:
    from poolcli.io.pillow.encode import encode
    from poolcli.io.tiff.encode import encode_tiff, needs_tifffile

    if target.name == "ome" or (target.name == "tiff" and any(map(needs_tifffile, maps))):
        return encode_tiff(maps, options.get("compression"))
    return encode(maps, target, options, scale)


def default_format(maps: Sequence[FeatureMap], *, instead: str | None = None) -> Format:
    """The format that the maps came from.

    Of one that is only read it is the one named by `instead`; FileError without.
    """
    picture = maps[0].picture
    if picture is None:
        return format_named("npz" if len(maps) > 1 else "npy")
    for known in FORMATS:
        if picture.format in (known.pillow, known.name.upper()):
            return known
    if instead:
        return format_named(instead)
    raise FileError(
        f"{picture.format or 'its format'} is read and not written: "
        "--to png, or an output called .png, says what to write"
    )


def _single_array(maps: Sequence[FeatureMap]) -> Array:
    if len(maps) > 1:
        raise FileError(f"{len(maps)} maps do not fit an .npy, which holds one array: write .npz")
    return _array(maps[0])


def _array(one: FeatureMap) -> Array:
    """The values; of an image with channels first, as arrays are read back."""
    if one.picture is None:
        return one.data
    usual = sorted(one.layout, key=LETTERS.index)
    return np.transpose(one.data, [one.layout.index(letter) for letter in usual])
