"""Files in, files out. The content tells what a file is; the format asked for, what is written.

    source.py   a path or stream -> headers (`peek`) or maps (`read`)
    sink.py     maps -> bytes (`write`), or a file that appears whole or not at all (`writer`)
    format.py   the table of formats that are written: what each holds, and its options

A family of formats has its own module: npy, npz, pillow/ (images), tiff/ (OME and deep TIFFs, by
tifffile) and zarr_store. As a source it has `peek` and `read`.
"""

from __future__ import annotations

from poolcli.io.atomic_write import (
    atomic,
    is_device,
    lock,
    make_folder,
    partial_file,
    remove_leftovers,
)
from poolcli.io.format import FORMATS, Format, format_named, split_name
from poolcli.io.header import Header, Peek
from poolcli.io.npy import IncomingArray
from poolcli.io.os_error import reason
from poolcli.io.read_only import WRITTEN_AS
from poolcli.io.sink import Writer, default_format, write, writer
from poolcli.io.source import Source, allow_pixels, is_store, next_array, peek, read

__all__ = [
    "FORMATS",
    "WRITTEN_AS",
    "Format",
    "Header",
    "IncomingArray",
    "Peek",
    "Source",
    "Writer",
    "allow_pixels",
    "atomic",
    "default_format",
    "format_named",
    "is_device",
    "is_store",
    "lock",
    "make_folder",
    "next_array",
    "partial_file",
    "peek",
    "read",
    "reason",
    "remove_leftovers",
    "split_name",
    "write",
    "writer",
]
