"""The records of the images that Pillow reads and writes."""

from __future__ import annotations

from typing import Any

from poolcli.io.format import Format
from poolcli.io.save_options import SWITCH, Choice, WholeNumber

_SUBSAMPLING = Choice((("4:4:4", 0), ("4:2:2", 1), ("4:2:0", 2)))
_JPEG_2000 = {"rate": WholeNumber(1, 1000)}
_FRAMES = {"duration": "of each frame", "loop": "of the animation"}

PILLOW_SOURCE = "poolcli.io.pillow.decode:open_source"
_PILLOW: dict[str, Any] = {
    "source": PILLOW_SOURCE,
    "sink": "poolcli.io.pillow.encode:open_sink",
    "check": "poolcli.io.pillow.encode:check",
}

PNG = Format(
    "png",
    (".png", ".apng"),
    "lossless; frames from an animation",
    **_PILLOW,
    magic=(b"\x89PNG\r\n\x1a\n",),
    modes=("1", "L", "LA", "P", "PA", "RGB", "RGBA", "I;16", "LA;16", "RGB;16", "RGBA;16"),
    holds_pages=True,
    facts={
        "icc": "iCCP",
        "gamma": "gAMA",
        "chromaticities": "cHRM",
        "srgb": "sRGB",
        "cicp": "cICP",
        "exif": "eXIf",
        "xmp": "iTXt",
        "text": "tEXt, zTXt or iTXt",
        "dpi": "pHYs",
        "aspect": "pHYs without a unit",
        "date": "tIME",
        "default_image": "IDAT",
        **_FRAMES,
    },
    save={"compress_level": WholeNumber(0, 9), "optimize": SWITCH},
    pillow="PNG",
)
JPEG = Format(
    "jpeg",
    (".jpg", ".jpeg", ".jpe", ".jfif"),
    "lossy; quality 95 and subsampling 4:4:4 unless told",
    **_PILLOW,
    magic=(b"\xff\xd8\xff",),
    modes=("L", "RGB", "CMYK", "YCbCr"),
    facts={
        "icc": "APP2",
        "exif": "APP1",
        "xmp": "APP1",
        "dpi": "JFIF",
        "aspect": "JFIF without a unit",
        "comment": "COM",
    },
    save={
        "quality": WholeNumber(1, 100),
        "subsampling": _SUBSAMPLING,
        "progressive": SWITCH,
        "optimize": SWITCH,
    },
    pillow="JPEG",
    largest=65500,
)
OTHER_IMAGES = (
    Format(
        "webp",
        (".webp",),
        "lossless unless a quality is given; frames",
        **_PILLOW,
        magic=(b"RIFF",),
        modes=("RGB", "RGBA"),
        holds_pages=True,
        facts={"icc": "ICCP", "exif": "EXIF", "xmp": "XMP", **_FRAMES},
        save={"quality": WholeNumber(0, 100), "lossless": SWITCH, "method": WholeNumber(0, 6)},
        pillow="WEBP",
        largest=16383,
    ),
    Format(
        "bmp",
        (".bmp", ".dib"),
        "lossless; no alpha",
        **_PILLOW,
        magic=(b"BM",),
        modes=("1", "L", "P", "RGB"),
        facts={"dpi": "pixels per metre"},
        pillow="BMP",
    ),
    Format(
        "gif",
        (".gif",),
        "frames; exact up to 256 colours; a pixel is transparent or not",
        **_PILLOW,
        magic=(b"GIF8",),
        modes=("L", "P", "PA", "LA", "RGB", "RGBA"),
        holds_pages=True,
        facts={"comment": "comment extension", **_FRAMES},
        save={"optimize": SWITCH},
        pillow="GIF",
        largest=65535,
    ),
    Format(
        "ppm",
        (".ppm", ".pgm", ".pbm", ".pnm"),
        "lossless; PBM, PGM or PPM by what the map holds",
        **_PILLOW,
        magic=tuple(f"P{number}".encode() for number in "123456"),
        modes=("1", "L", "RGB", "I;16"),
        pillow="PPM",
    ),
    Format(
        "tga",
        (".tga", ".icb", ".vda", ".vst"),
        "lossless; keeps the compression",
        **_PILLOW,
        modes=("1", "L", "LA", "P", "RGB", "RGBA"),
        facts={"compression": "RLE"},
        save={"compression": Choice((("none", None), ("rle", "tga_rle")))},
        pillow="TGA",
        largest=65535,
    ),
    Format(
        "pcx",
        (".pcx",),
        "lossless; no alpha",
        **_PILLOW,
        modes=("1", "L", "P", "RGB"),
        pillow="PCX",
        largest=65535,
    ),
    Format(
        "sgi",
        (".sgi", ".rgb", ".rgba", ".bw"),
        "lossless",
        **_PILLOW,
        magic=(b"\x01\xda",),
        modes=("L", "RGB", "RGBA"),
        pillow="SGI",
        largest=65535,
    ),
    Format(
        "qoi",
        (".qoi",),
        "lossless",
        **_PILLOW,
        magic=(b"qoif",),
        modes=("RGB", "RGBA"),
        pillow="QOI",
    ),
    Format(
        "jp2",
        (".jp2", ".jpx", ".jpf"),
        "JPEG 2000; lossless unless a rate of compression is given",
        **_PILLOW,
        magic=(b"\0\0\0\x0cjP  \r\n\x87\n",),
        modes=("L", "LA", "RGB", "RGBA", "I;16"),
        facts={"icc": "colr", "exif": "uuid", "xmp": "uuid"},
        save=_JPEG_2000,
        pillow="JPEG2000",
    ),
    Format(
        "j2k",
        (".j2k", ".j2c", ".jpc"),
        "JPEG 2000 without a container",
        **_PILLOW,
        magic=(b"\xff\x4f\xff\x51",),
        modes=("L", "LA", "RGB", "RGBA", "I;16"),
        save=_JPEG_2000,
        pillow="JPEG2000",
    ),
    Format(
        "avif",
        (".avif", ".avifs"),
        "lossy; quality 100 and subsampling 4:4:4 unless told; frames",
        **_PILLOW,
        modes=("RGB", "RGBA"),
        holds_pages=True,
        facts={"icc": "colr", "exif": "Exif", "xmp": "mime", "duration": "of each frame"},
        save={
            "quality": WholeNumber(0, 100),
            "subsampling": Choice(tuple((word, word) for word, _ in _SUBSAMPLING.values)),
            "speed": WholeNumber(0, 10),
        },
        pillow="AVIF",
        largest=65535,
    ),
)
