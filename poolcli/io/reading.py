"""Reading: which format a file has, its headers, and its maps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from io import BytesIO
from math import prod
from pathlib import Path
from typing import BinaryIO, TypeGuard

from poolcli.errors import FileError
from poolcli.io.address import Address, located
from poolcli.io.damage import enough_memory
from poolcli.io.format import Format
from poolcli.io.formats import FORMATS, OTHERS, foreign_formats
from poolcli.io.header import Header, Peek
from poolcli.io.image_formats import JPEG, PNG
from poolcli.io.npy import IncomingArray
from poolcli.io.npy_header import MAGIC
from poolcli.io.os_error import reason
from poolcli.io.source import Region, Source, stored, with_labels
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import check_layout
from poolcli.resources.descriptors import open_pipe

Readable = Path | BinaryIO | IncomingArray
_OWN_IMAGES = ("tiff", "ome")  # formats of images that Pillow does not read
_MEMBER = "::"  # between a file and the name of one of its maps


def read(readable: Readable, layout: str | None = None, member: str = "") -> tuple[FeatureMap, ...]:
    """Every map of a file: the array, the arrays of an .npz, the pages or frames of an image.

    `layout` names the axes of arrays, and `member` one map of several. A stream that can seek is
    left where it was, any other is read to its end. Raises FileError, without the path, if it
    cannot be read.
    """
    with opened(readable, layout, member) as source, _plain_errors(), enough_memory():
        return tuple(map(source.read, range(len(source.headers))))


def peek(
    readable: Readable, layout: str | None = None, member: str = "", *, labels: bool = False
) -> Peek:
    """The headers of the maps that `opened` would give: shapes, dtypes and facts, no pixels."""
    with opened(readable, layout, member, labels=labels) as source:
        return Peek(source.format, source.headers)


@contextmanager
def opened(
    readable: Readable, layout: str | None = None, member: str = "", *, labels: bool = False
) -> Iterator[Source]:
    """The maps of a file, to be read region by region, while the block runs.

    With `labels` the label images of an image are maps, too.
    """
    layout = check_layout(layout) if layout else None
    with ExitStack() as stack:
        with _plain_errors(), enough_memory():
            source = stack.enter_context(_source(readable, layout))
            source = with_labels(source) if labels else source
            source = _member(source, readable, layout, member) if member else source
        yield source


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn what the operating system refuses in this block into a FileError."""
    try:
        yield
    except FileError:
        raise
    except OSError as error:
        raise FileError(reason(error)) from error


def split_member(path: Path) -> tuple[Path, str]:
    """The file and the name of one of its maps that FILE::NAME means; no name where there is none.

    >>> split_member(Path("maps.npz::depth"))
    (PosixPath('maps.npz'), 'depth')
    """
    if isinstance(path, Address):
        url, _, name = path.url.partition(_MEMBER)
        return located(url), name
    file, separator, name = str(path).partition(_MEMBER)
    return (Path(file), name) if separator and file and not path.exists() else (path, "")


def with_member(path: Path, member: str) -> Path:
    """What `split_member` takes apart.

    >>> with_member(Path("maps.npz"), "depth")
    PosixPath('maps.npz::depth')
    """
    if not member:
        return path
    if isinstance(path, Address):
        return Address(f"{path.url}{_MEMBER}{member}")
    return Path(f"{path}{_MEMBER}{member}")


def next_array(stream: BinaryIO) -> BinaryIO | IncomingArray:
    """The next array of a stream, its header read; or all of the stream if that is no .npy."""
    head = stream.read(len(MAGIC))
    return IncomingArray(stream) if head == MAGIC else BytesIO(head + stream.read())


def allow_pixels(limit: int) -> None:
    """Let images have as many pixels as fit in `limit` bytes: the caller checks what they take."""
    from poolcli.io.pillow.image_checks import allow_pixels as allow

    allow(limit)


def size_warning(source: Source) -> str:
    """What to say of an image so large that it may be a trap, though it is read; else ""."""
    if all(header.picture is None for header in source.headers) or source.format in _OWN_IMAGES:
        return ""
    from poolcli.io.pillow.image_checks import size_warning as warning

    return warning(max(prod(header.form.space) for header in source.headers))


def is_decoded_whole(path: Path) -> bool:
    """Whether a file is a PNG or a JPEG, of which no region can be read alone."""
    with suppress(OSError), path.open("rb") as stream:
        return any(known.is_of(stream) for known in (PNG, JPEG))
    return False


def is_store(source: object) -> TypeGuard[Path]:
    """Whether it is a folder that is read as one file: a Zarr array or group."""
    return isinstance(source, Path) and source.is_dir() and _folder_format(source) is not None


def _member(source: Source, readable: Readable, layout: str | None, name: str) -> Source:
    """The maps that have a name, or lie below it; in a folder, also those of a folder in it."""
    name = name.strip("/")
    names = [header.name for header in source.headers]
    below = f"{name}/"  # an image has its labels there
    numbers = [at for at, each in enumerate(names) if each == name or each.startswith(below)]
    if numbers:
        return _Chosen(source, numbers)
    if isinstance(readable, Path) and is_store(readable / name) and ".." not in Path(name).parts:
        record = _folder_format(readable / name)
        if record is not None:
            return record.open_source(readable / name, layout)
    raise FileError(f"there is no {name!r} in it: it holds {_listed(names)}")


class _Chosen:
    """Some maps of a source."""

    def __init__(self, source: Source, numbers: Sequence[int]) -> None:
        self._source, self._numbers = source, numbers
        self.format = source.format
        self.headers: tuple[Header, ...] = tuple(source.headers[each] for each in numbers)

    def read(self, number: int, region: Region | None = None) -> FeatureMap:
        """A map, or a region of it."""
        return self._source.read(self._numbers[number], region)

    def stored(self, number: int) -> object:
        """How a map is stored, as `stored` in poolcli/io/source.py."""
        return stored(self._source, self._numbers[number])


def _listed(names: list[str]) -> str:
    named = [name for name in names if name]
    more = f" and {len(named) - 10} more" if len(named) > 10 else ""
    return ", ".join(named[:10]) + more if named else "one map without a name"


@contextmanager
def _source(readable: Readable, layout: str | None) -> Iterator[Source]:
    if isinstance(readable, IncomingArray):
        yield readable.source(layout)
    elif isinstance(readable, Path) and readable.is_dir():
        record = _folder_format(readable)
        if record is None:
            raise FileError("it is a folder, not a file: name a file")
        yield record.open_source(readable, layout)
    else:
        with _seekable(readable) as stream:
            yield _stream_format(stream).open_source(stream, layout)


def _folder_format(path: Path) -> Format | None:
    folders = (known for known in FORMATS if known.is_folder)
    return next((known for known in folders if known.is_of(path)), None)


def _stream_format(stream: BinaryIO) -> Format:
    """The format of a stream that is at its start; FileError if it is empty."""
    if not stream.read(1):
        raise FileError("the file is empty")
    stream.seek(0)
    own = (known for known in FORMATS if known.source and known.is_of(stream))
    foreign = (known for known in _foreign() if known.source and known.is_of(stream))
    return next(own, None) or next(foreign, None) or OTHERS


def _foreign() -> Iterator[Format]:
    yield from foreign_formats()


@contextmanager
def _seekable(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(source, Path):
        with open_pipe(source) if source.is_fifo() else source.open("rb") as stream:
            yield stream if stream.seekable() else BytesIO(stream.read())
    elif source.seekable():
        start = source.tell()
        whole = BytesIO(source.read())
        source.seek(start)
        yield whole
    else:
        yield BytesIO(source.read())
