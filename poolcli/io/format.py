"""The record of a format: how its files are known, read and written, and what they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from poolcli.errors import FileError, RequestError
from poolcli.io.header import Header
from poolcli.io.save_options import Choice, Sizes, WholeNumber
from poolcli.io.sink import Sink
from poolcli.io.source import Source
from poolcli.maps.layout import shape_words
from poolcli.resources.extras import extra

_FIRST = 75_000  # pixels


class CodecMemory(NamedTuple):
    """Bytes of memory that reading a file, or writing one, takes at most.

    They are so many copies of all values, the maps themselves included, and so many bytes for each
    pixel of the largest map, which a codec has in work. Tables that are filled by a small image
    already are `first`: bytes for each of the first 75,000 pixels. Measured with photographs of up
    to 12 megapixels and with animations; checked by tests/run/test_budget.py.
    """

    copies: int
    pixel: int = 0
    first: int = 0

    def of(self, values: int, pixels: int) -> int:
        """The bytes for values of so many bytes, and a map of so many pixels.

        >>> CodecMemory(2, 10, 5).of(3_000_000, 1_000_000)
        16375000
        """
        return self.copies * values + self.pixel * pixels + self.first * min(pixels, _FIRST)


_READING, _WRITING = CodecMemory(3), CodecMemory(5)


@dataclass(frozen=True)
class Format:
    """A kind of file. Its code is imported when a file of the kind is read or written.

    Attributes
    ----------
    name, suffixes
        What `--to` takes, and the suffixes of its files, of which the first is the usual one.
    note
        A few words for the documentation.
    source
        The function that opens a `Source`, as "module:function"; "" if it is not read.
    sink
        The function that opens a `Sink` for this record, as "module:function"; "" if it is not
        written.
    magic
        The first bytes of its files, one of them.
    recognise
        A function that is asked, with a stream, whether a file is of this kind: where `magic`
        cannot tell. With `is_folder` it gets the path.
    check
        A function of this record, headers and options that raises FileError for what cannot be
        held, where `modes`, `dtypes`, `axes` and `holds_pages` do not say all.
    modes
        The modes of `Picture` that it holds as they are, PA (a palette with alpha) included.
    dtypes, axes
        The dtypes of arrays, and the letters of axes that it holds; all if empty.
    holds_pages
        Whether it holds several maps.
    facts
        The names of the carried facts that it holds, and how.
    unheld
        A function that names those of `facts` which a map of this header cannot keep.
    save
        Its options.
    pillow
        Pillow's name for it, where Pillow writes it.
    largest
        The longest side in pixels.
    reading, writing, writing_frames
        What its codecs take; `writing_frames` is of animations, where that differs.
    extra
        The extra that brings its library.
    is_folder
        Whether it is a folder that is read and written as one file.
    holds_levels
        Whether a file holds an image with smaller levels of it.
    is_streamed
        Whether it is written as it is computed, not made in memory first.
    chunks
        A function of this record, a header and options that says the shape of the regions that the
        sink takes at little cost, None for a map that it collects; "" where it collects all maps.
    reopen
        A function like `sink` that opens a file which another sink is writing, to write regions of
        it; the other one finishes the file. "" if only one process can write a file. Where that is
        one file, its sink has a method `reserve` that makes it as large as it will be.
    """

    name: str
    suffixes: tuple[str, ...]
    note: str = ""
    source: str = ""
    sink: str = ""
    magic: tuple[bytes, ...] = ()
    recognise: str = ""
    check: str = ""
    modes: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    axes: str = ""
    holds_pages: bool = False
    facts: Mapping[str, str] = field(default_factory=dict, hash=False)
    unheld: str = ""
    save: Mapping[str, WholeNumber | Choice | Sizes] = field(default_factory=dict, hash=False)
    pillow: str = ""
    largest: int = 2**31 - 1
    reading: CodecMemory = _READING
    writing: CodecMemory = _WRITING
    writing_frames: CodecMemory | None = None
    extra: str = ""
    is_folder: bool = False
    holds_levels: bool = False
    is_streamed: bool = False
    chunks: str = ""
    reopen: str = ""

    def open_source(self, content: BinaryIO | Path, layout: str | None) -> Source:
        """The maps of a file of this format; a path for a folder, else a stream."""
        source: Source = _entry(self.source)(content, layout)
        return source

    def open_sink(
        self, target: BinaryIO | Path, headers: Sequence[Header], options: Mapping[str, Any]
    ) -> Sink:
        """A file of these maps that is being written; `options` are what `options` gives."""
        sink: Sink = _entry(self.sink)(self, target, headers, options)
        return sink

    def chunk_shape(self, header: Header, options: Mapping[str, Any]) -> tuple[int, ...] | None:
        """The shape of what a sink takes at little cost; None where it collects all of a map."""
        shape: tuple[int, ...] | None
        shape = _entry(self.chunks)(self, header, options) if self.chunks else None
        return shape

    def reopen_sink(
        self, target: BinaryIO | Path, headers: Sequence[Header], options: Mapping[str, Any]
    ) -> Sink:
        """The sink of a file that is being written, for another process."""
        sink: Sink = _entry(self.reopen)(self, target, headers, options)
        return sink

    def takes_any_order(self, headers: Sequence[Header], options: Mapping[str, Any]) -> bool:
        """Whether regions of these maps can be written in any order, also by several processes."""
        return bool(self.reopen) and all(self.chunk_shape(each, options) for each in headers)

    def is_of(self, content: BinaryIO | Path) -> bool:
        """Whether a file is of this format, by its content. A stream is left at its start."""
        if isinstance(content, Path):
            return self.is_folder and bool(self.recognise) and bool(_entry(self.recognise)(content))
        if self.is_folder or not (self.magic or self.recognise):
            return False
        if self.magic:
            head = content.read(max(map(len, self.magic)))
            content.seek(0)
            if not head.startswith(self.magic):
                return False
        is_of = not self.recognise or bool(_entry(self.recognise)(content))
        content.seek(0)
        return is_of

    def options(self, save: Mapping[str, str], scale: str | None = None) -> dict[str, Any]:
        """The values of options given as texts; RequestError for what this format does not take."""
        if not self.sink:
            raise RequestError(f"{self.name} is read and not written: write .png or .npy")
        if self.extra:
            extra(self.extra, f"writing {self.suffixes[0]}")
        options = {name: self._option(name, text) for name, text in save.items()}
        return options if scale is None else {**options, "scale": scale}

    def _option(self, name: str, text: str) -> Any:
        if name not in self.save:
            raise RequestError(
                f"{self.name} has no option {name!r}; {hint(name, tuple(self.save))}"
            )
        try:
            return self.save[name](text)
        except ValueError:
            raise RequestError(
                f"{self.name} option {name} is {self.save[name]}, not {text!r}"
            ) from None

    def check_held(self, headers: Sequence[Header], options: Mapping[str, Any]) -> None:
        """FileError for maps that it cannot hold, from their headers alone."""
        if len(headers) > 1 and not self.holds_pages:
            raise FileError(
                f"{len(headers)} maps do not fit {self.suffixes[0]}, which holds one: "
                "write .npz, or pages as .tiff, .webp or .gif"
            )
        for header in headers:
            self._check_array(header)
        if self.check:
            _entry(self.check)(self, headers, options)

    def _check_array(self, header: Header) -> None:
        shape = f"{shape_words(header.shape)} ({header.layout})"
        if self.dtypes and header.dtype not in self.dtypes:
            raise FileError(
                f"{self.name} holds no {header.dtype} ({', '.join(self.dtypes)}): "
                "give --dtype, or write .npy"
            )
        if self.axes and (foreign := sorted(set(header.layout) - set(self.axes))):
            raise FileError(
                f"a map of shape {shape} has axis {foreign[0]}, and {self.name} holds "
                f"{' '.join(self.axes)} only: write .npy"
            )

    def holds(self, header: Header) -> frozenset[str]:
        """The names of the facts that a file of this format holds of a map."""
        unheld = _entry(self.unheld)(header) if self.unheld else ()
        return frozenset(self.facts) - frozenset(unheld)


def _entry(name: str) -> Callable[..., Any]:
    """The function that "module:function" names."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


def hint(word: str, known: tuple[str, ...]) -> str:
    """What may have been meant by a word that is none of those known."""
    from difflib import get_close_matches

    if close := get_close_matches(word, known, 1):
        return f"did you mean {close[0]}?"
    return "there are " + ", ".join(known) if known else "there are none"
