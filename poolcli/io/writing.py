"""Writing: maps become the bytes of a format, on a stream or in a file that appears whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from poolcli.errors import FileError, RequestError
from poolcli.io.damage import enough_memory
from poolcli.io.destination import Claim, new_output, shared_output, sync_output
from poolcli.io.format import Format
from poolcli.io.formats import all_formats, format_named
from poolcli.io.header import Header
from poolcli.io.npy_sink import file_of_values
from poolcli.io.sink import Sink
from poolcli.maps.facts import FACTS, Facts
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.pooled_facts import lost
from poolcli.resources.memory import Part


@contextmanager
def written(
    path: Path,
    format: Format,  # noqa: A002 the word its users know
    headers: Sequence[Header],
    options: Mapping[str, Any],
    *,
    overwrite: bool = False,
) -> Iterator[Sink]:
    """A sink for the maps of one file, which gets its name when the block ends without an error."""
    opened = new_output(path, is_folder=format.is_folder, overwrite=overwrite)
    with opened as target, enough_memory():
        sink = format.open_sink(target, headers, options)
        yield sink
        sink.finish()


class SharedFile(NamedTuple):
    """A file that is being written by several: where they find it, its format, maps and options."""

    path: Path
    format: Format
    headers: Sequence[Header]
    options: Mapping[str, Any]

    @property
    def takes_any_order(self) -> bool:
        """Whether its regions can be written in any order."""
        return self.format.takes_any_order(self.headers, self.options)

    @contextmanager
    def sink(self) -> Iterator[Sink]:
        """A sink that takes some of the regions, beside those of others."""
        if self.format.is_folder:
            yield self.format.reopen_sink(self.path, self.headers, self.options)
            return
        with self.path.open("r+b") as stream:
            yield self.format.reopen_sink(stream, self.headers, self.options)

    def sync(self) -> None:
        """Put what is written so far on the disk. Raises OSError if it cannot be."""
        sync_output(self.path, is_folder=self.format.is_folder)


@contextmanager
def shared(
    path: Path, file: SharedFile, claim: Claim, *, overwrite: bool = False
) -> Iterator[SharedFile]:
    """A file that several can write; `file` says what is written."""
    opened = shared_output(path, claim, is_folder=file.format.is_folder, overwrite=overwrite)
    with opened as begun, enough_memory():
        found = file._replace(path=begun)
        if not claim.goes_on:
            _begin(found)
        yield found


def _begin(file: SharedFile) -> None:
    """Write all but the regions."""
    if file.format.is_folder:
        file.format.open_sink(file.path, file.headers, file.options)
        return
    with file.path.open("r+b") as stream:
        sink: Any = file.format.open_sink(stream, file.headers, file.options)
        sink.reserve()


@dataclass(frozen=True, eq=False)
class Writer:
    """Writes the maps of one file, which have been encoded already where they can be.

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
        opened = new_output(
            path, is_folder=self.is_folder, overwrite=overwrite, part=self.values_file
        )
        with opened as target:
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
    options = format.options(save or {}, scale)
    format.check_held(list(map(Header.of, maps)), options)
    fill = partial(_fill, maps, format, options)
    if format.is_streamed:
        values = file_of_values(maps[0].data) if format.name == "npy" else None
        return Writer(fill, values, format.is_folder)
    with enough_memory():
        stream = BytesIO()
        fill(stream)
        encoded = stream.getvalue()
    return Writer(lambda stream: stream.write(encoded))


def _fill(
    maps: Sequence[FeatureMap],
    format: Format,  # noqa: A002 the word its users know
    options: Mapping[str, Any],
    target: Any,
) -> None:
    """Write whole maps to a sink."""
    sink = format.open_sink(target, list(map(Header.of, maps)), options)
    for number, one in enumerate(maps):
        sink.write(number, tuple(slice(0, size) for size in one.data.shape), one.data)
    sink.finish()


def default_format(name: str, maps: Sequence[Header], *, instead: str | None = None) -> Format:
    """The format to write maps in that came from a file of the format `name`.

    That one if it is written; .npy or .npz for arrays, and for images of a format that is only read
    the one named by `instead`; FileError without.
    """
    if maps[0].picture is None and name == "npy":
        return format_named("npz" if len(maps) > 1 else "npy")
    for known in all_formats():
        if name in (known.name, known.pillow.lower()) and known.sink:
            return known
    if maps[0].picture is None:
        return format_named("npz" if len(maps) > 1 else "npy")
    if instead:
        return format_named(instead)
    raise FileError(
        f"{name.upper() or 'its format'} is read and not written: "
        "--to png, or an output called .png, says what to write"
    )


def dropped(
    before: Facts,
    after: Header,
    format: Format,  # noqa: A002 the word its users know
) -> tuple[str, ...]:
    """What a map came with, and what its result in a format has no longer: names of facts."""
    held = format.holds(after)
    kept = {name: value for name, value in after.facts.items() if name in held}
    return tuple(FACTS[name].lost_words(before[name]) for name in lost(before, kept))
