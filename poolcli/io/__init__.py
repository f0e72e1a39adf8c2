"""Files in, files out. The content tells what a file is; the format asked for, what is written.

    address.py  what lies elsewhere: addresses, as paths that fsspec reads
    formats.py  the table of formats; format.py is the record: a row of it. The rows are in
                image_formats.py, tiff_formats.py and array_formats.py
    source.py   what reads a format: headers without pixels, and maps by regions
    sink.py     what writes a format: maps by regions
    reading.py  a path or stream -> headers (`peek`), maps (`read`), or a source (`opened`)
    writing.py  maps -> bytes (`write`), or a file that appears whole or not at all (`writer`)

A family of formats has its own module or package: npy, pillow/ (images), tiff/, zarr/ and so on.
The record of a format names its functions.
"""

from __future__ import annotations

from poolcli.io.address import Address, check_written, is_address, located
from poolcli.io.atomic_write import (
    atomic,
    is_device,
    lock,
    make_folder,
    partial_file,
    remove_leftovers,
    through_link,
)
from poolcli.io.destination import Claim, can_be_shared, is_begun
from poolcli.io.durability import sync_folder
from poolcli.io.format import CodecMemory, Format
from poolcli.io.formats import (
    FORMATS,
    all_formats,
    format_named,
    format_read_as,
    is_known_suffix,
    package_at_fault,
    split_name,
)
from poolcli.io.header import Header, Peek
from poolcli.io.level_parts import LevelParts, level_parts
from poolcli.io.npy import IncomingArray
from poolcli.io.os_error import reason
from poolcli.io.read_only import WRITTEN_AS
from poolcli.io.reading import (
    Readable,
    allow_pixels,
    is_decoded_whole,
    is_store,
    next_array,
    opened,
    peek,
    read,
    size_warning,
    split_member,
    with_member,
)
from poolcli.io.save_options import Choice, WholeNumber
from poolcli.io.sink import PackingSink, ReadableSink, Sink, WholeSink, copied
from poolcli.io.source import LoadedSource, Region, Source, is_empty, part_of, stored
from poolcli.io.writing import (
    SharedFile,
    Writer,
    default_format,
    dropped,
    shared,
    write,
    writer,
    written,
)

__all__ = [
    "FORMATS",
    "WRITTEN_AS",
    "Address",
    "Choice",
    "Claim",
    "CodecMemory",
    "Format",
    "Header",
    "IncomingArray",
    "LevelParts",
    "LoadedSource",
    "PackingSink",
    "Peek",
    "Readable",
    "ReadableSink",
    "Region",
    "SharedFile",
    "Sink",
    "Source",
    "WholeNumber",
    "WholeSink",
    "Writer",
    "all_formats",
    "allow_pixels",
    "atomic",
    "can_be_shared",
    "check_written",
    "copied",
    "default_format",
    "dropped",
    "format_named",
    "format_read_as",
    "is_address",
    "is_begun",
    "is_decoded_whole",
    "is_device",
    "is_empty",
    "is_known_suffix",
    "is_store",
    "level_parts",
    "located",
    "lock",
    "make_folder",
    "next_array",
    "opened",
    "package_at_fault",
    "part_of",
    "partial_file",
    "peek",
    "read",
    "reason",
    "remove_leftovers",
    "shared",
    "size_warning",
    "split_member",
    "split_name",
    "stored",
    "sync_folder",
    "through_link",
    "with_member",
    "write",
    "writer",
    "written",
]
