"""Files made by hand, byte by byte, as no library would write them."""

import io
import struct
import zlib

import numpy as np


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour, raw, before=b"", behind=b""):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    body = head + before + chunk(b"IDAT", zlib.compress(raw)) + behind + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def tiff(width, height, bits, raw, order="<", **tags):
    """A TIFF of one strip; tags by number as t258=..., each a short or a tuple of them."""
    fields = {
        256: width,
        257: height,
        258: bits,
        259: 1,
        262: 1,
        273: 0,
        277: 1,
        278: height,
        279: len(raw),
    }
    fields |= {int(name[1:]): value for name, value in tags.items()}
    start, extra = 8 + 2 + 12 * len(fields) + 4, b""
    entries = b""
    for tag, value in sorted(fields.items()):
        values = value if isinstance(value, tuple) else (value,)
        packed = struct.pack(f"{order}{len(values)}H", *values)
        if len(packed) > 4:
            place, extra = start + len(extra), extra + packed
            packed = struct.pack(f"{order}I", place)
        entries += struct.pack(f"{order}HHI", tag, 3, len(values)) + packed.ljust(4, b"\0")
    entry = struct.pack(f"{order}HHI", 273, 3, 1) + struct.pack(f"{order}H", 0) + b"\0\0"
    entries = entries.replace(
        entry, struct.pack(f"{order}HHIH", 273, 3, 1, start + len(extra)) + b"\0\0"
    )
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return magic + struct.pack(f"{order}IH", 8, len(fields)) + entries + b"\0\0\0\0" + extra + raw


def npy(data, **kwargs):
    stream = io.BytesIO()
    np.save(stream, data, **kwargs)
    return stream.getvalue()


def npy_header(text, body=b"", major=1):
    raw = text.encode()
    return (
        b"\x93NUMPY"
        + bytes([major, 0])
        + struct.pack("<H" if major == 1 else "<I", len(raw))
        + raw
        + body
    )
