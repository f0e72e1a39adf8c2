"""PNG decoded and encoded plainly, byte by byte, from the specification (W3C, third edition)."""

import struct
import zlib

import numpy as np
from handmade import chunk

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
KINDS = [(colour, depth) for colour, depths in DEPTHS.items() for depth in depths]
PASSES = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)


def passes(interlaced):
    return PASSES if interlaced else ((0, 0, 1, 1),)


def packed(samples, depth):
    """Samples of a row as bytes."""
    if depth == 16:
        return samples.astype(">u2").tobytes()
    bits = np.unpackbits(samples.astype(np.uint8)[:, None], axis=1)[:, 8 - depth :]
    return np.packbits(bits.reshape(-1)).tobytes()


def encode(samples, colour, depth, interlaced=False, before=b"", behind=b"", filters=range(5)):
    """A PNG of samples (height, width, channels), its rows filtered in each way in turn."""
    height, width, channels = samples.shape
    step, stream = max(1, channels * depth // 8), b""
    for left, top, across, down in passes(interlaced):
        part = samples[top::down, left::across]
        if not part.size:
            continue
        above = bytes(len(packed(part[0].reshape(-1), depth)))
        for number, row in enumerate(part):
            raw = packed(row.reshape(-1), depth)
            kind = filters[number % len(filters)]
            stream += bytes(
                [
                    kind,
                    *(
                        (raw[at] - predicted(kind, raw, above, at, step)) & 255
                        for at in range(len(raw))
                    ),
                ]
            )
            above = raw
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    parts = [chunk(b"IHDR", head), before, chunk(b"IDAT", zlib.compress(stream)), behind]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def predicted(kind, row, above, at, step):
    left = row[at - step] if at >= step else 0
    corner = above[at - step] if at >= step else 0
    up = above[at]
    if kind == 4:
        whole = left + up - corner
        return min((left, up, corner), key=lambda each: abs(whole - each))
    return (0, left, up, (left + up) // 2)[kind]


def chunks(file):
    start = 8
    while start < len(file):
        (size,) = struct.unpack(">I", file[start : start + 4])
        yield file[start + 4 : start + 8], file[start + 8 : start + 8 + size]
        start += 12 + size


def decode(file):
    """The samples (height, width, channels), the colour type, the depth, and PLTE and tRNS."""
    found = {}
    for kind, data in chunks(file):
        found[kind] = found.get(kind, b"") + data if kind == b"IDAT" else data
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", found[b"IHDR"])
    channels, stream, position = CHANNELS[colour], zlib.decompress(found[b"IDAT"]), 0
    samples = np.zeros((height, width, channels), np.uint16)
    for left, top, across, down in passes(interlaced):
        part = samples[top::down, left::across]
        if not part.size:
            continue
        size, step = (part.shape[1] * channels * depth + 7) // 8, max(1, channels * depth // 8)
        above = bytes(size)
        for row in part:
            kind, coded = stream[position], stream[position + 1 : position + 1 + size]
            raw = bytearray(size)
            for at, byte in enumerate(coded):
                raw[at] = (byte + predicted(kind, raw, above, at, step)) & 255
            row[...] = unpacked(bytes(raw), row.size, depth).reshape(row.shape)
            above, position = bytes(raw), position + 1 + size
    return samples, colour, depth, found.get(b"PLTE"), found.get(b"tRNS")


def unpacked(raw, count, depth):
    if depth == 16:
        return np.frombuffer(raw, ">u2")
    bits = np.unpackbits(np.frombuffer(raw, np.uint8))[: count * depth].reshape(count, depth)
    return bits @ (1 << np.arange(depth)[::-1])


def shown(file):
    """The samples as RGBA of 8 or 16 bits, as a viewer shows them without gamma."""
    samples, colour, depth, table, key = decode(file)
    full = 65535 if depth == 16 else 255
    if colour == 3:
        colours = np.frombuffer(table, np.uint8).reshape(-1, 3)[samples[..., 0]]
        entries = np.full(256, 255)
        entries[: len(key or b"")] = np.frombuffer(key or b"", np.uint8)
        return np.dstack([colours, entries[samples[..., 0]]]).astype(np.uint16)
    colours, alpha = samples, np.full(samples.shape[:2], full)
    if colour in (4, 6):
        colours, alpha = samples[..., :-1], samples[..., -1]
    elif key:
        values = np.frombuffer(key, ">u2") & ((1 << depth) - 1)
        alpha = np.where((samples == values).all(-1), 0, full)
    scaled = colours * np.uint16(255 // ((1 << depth) - 1)) if depth < 8 else colours
    wide = np.broadcast_to(scaled, (*samples.shape[:2], 3))
    return np.dstack([wide, alpha]).astype(np.uint16)
