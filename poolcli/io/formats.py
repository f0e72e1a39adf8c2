"""The table of formats, and how a format is found by its name or a suffix."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import PurePath

from poolcli.errors import RequestError
from poolcli.io.array_formats import ARRAYS
from poolcli.io.format import Format, hint
from poolcli.io.image_formats import JPEG, OTHER_IMAGES, PILLOW_SOURCE, PNG
from poolcli.io.tiff_formats import TIFFS

# The first record that knows a file by its content reads it.
FORMATS = (PNG, JPEG, *TIFFS, *OTHER_IMAGES, *ARRAYS)
_TWO_PARTS = tuple(  # the suffixes of two parts
    suffix for known in FORMATS for suffix in known.suffixes if suffix.count(".") > 1
)
# Files that no record knows by their content are left to Pillow.
OTHERS = Format("other", (), "what Pillow reads besides", source=PILLOW_SOURCE)


@cache
def foreign_formats() -> tuple[Format, ...]:
    """The formats of installed packages: their entry points in the group `poolcli.formats`.

    Each is a `Format`. They are asked last, so that no package changes what poolcli reads itself.
    """
    from importlib.metadata import entry_points

    return tuple(point.load() for point in entry_points(group="poolcli.formats"))


def package_at_fault(error: BaseException) -> str:
    """The package in which an error was raised: one that adds a format, or else poolcli."""
    entries = [entry for record in foreign_formats() for entry in (record.source, record.sink)]
    packages = {entry.partition(":")[0].partition(".")[0] for entry in entries}
    call = error.__traceback__
    while call is not None:
        name = str(call.tb_frame.f_globals.get("__name__")).partition(".")[0]
        if name in packages:
            return name
        call = call.tb_next
    return "poolcli"


def all_formats() -> Iterator[Format]:
    """The formats of this package and then, if they are asked for, those of others."""
    yield from FORMATS
    yield from foreign_formats()


_USUAL = ("png", "jpg", "tiff", "webp", "gif", "npy", "npz", "zarr")  # named in messages


def format_read_as(name: str) -> Format:
    """The format whose files a source of this name reads."""
    found = (known for known in all_formats() if name in (known.name, known.pillow.lower()))
    return next(found, OTHERS)


def format_named(word: str) -> Format:
    """The format a name or a suffix means, in capitals or not.

    >>> format_named(".JPG").name
    'jpeg'
    """
    plain = word.lower().removeprefix(".")
    for known in all_formats():
        if plain == known.name or f".{plain}" in known.suffixes:
            return known
    near = hint(plain, _names())
    there_are = near if near.startswith("did") else f"there are {', '.join(_USUAL)} and others"
    raise RequestError(f"no format {word!r}; {there_are}")


def is_known_suffix(suffix: str) -> bool:
    """Whether files of a format have this suffix, in capitals or not."""
    return bool(suffix) and any(suffix.lower() in known.suffixes for known in all_formats())


def split_name(name: str) -> tuple[str, str]:
    """The stem and the suffix of a file's name; a suffix of two parts is one where a format has it.

    >>> split_name("cells.ome.tif"), split_name("v1.2.png")
    (('cells', '.ome.tif'), ('v1.2', '.png'))
    """
    lower = name.lower()
    suffix = next((each for each in _TWO_PARTS if lower.endswith(each)), PurePath(name).suffix)
    return name[: len(name) - len(suffix)], name[len(name) - len(suffix) :]


def _names() -> tuple[str, ...]:
    return tuple(dict.fromkeys(suffix[1:] for known in FORMATS for suffix in known.suffixes))
