"""TIFFs of science, written by tifffile."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np

from poolcli.errors import FileError
from poolcli.io.damage import DAMAGE
from poolcli.io.mode import DEEP, STACK
from poolcli.io.stack import COLOURS, check_codecs
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap, Picture
from poolcli.maps.layout import shape_words, space_axes
from poolcli.resources.extras import extra

OME = {"N": "T", "D": "Z", "C": "C", "H": "Y", "W": "X"}  # our letters, and OME's in its order
_CODECS = {
    "raw": None,
    "tiff_lzw": "lzw",
    "packbits": "packbits",
}  # by Pillow's words; zlib for any other
_CLASSIC = 2**32 - 2**25  # bytes that a TIFF which is no BigTIFF holds, with room for its tags


def wants_stack(one: FeatureMap) -> bool:
    """Whether Pillow would lose something of it in a TIFF."""
    return one.picture is not None and (one.picture.mode in (*DEEP, STACK) or bool(one.spacing))


def encode_stack(maps: Sequence[FeatureMap], compression: str | None) -> bytes:
    """The bytes of a TIFF; with OME's description where axes or sizes need one."""
    tifffile = extra("tiff", "a TIFF of this kind (OME, or deep colours)")
    arranged = [(one, *_arranged(one)) for one in (each.expanded() for each in maps)]
    named = any(one.spacing or one.picture is None or one.picture.mode == STACK for one in maps)
    size, stream = sum(data.nbytes for _, data, _ in arranged), BytesIO()
    try:
        with tifffile.TiffWriter(stream, ome=named, bigtiff=size > _CLASSIC) as file:
            for one, data, axes in arranged:
                facts = _metadata(one, data, axes) if named else None
                file.write(data, **_told(one, axes, compression), metadata=facts)
    except DAMAGE as error:
        check_codecs(error)
        raise FileError(
            f"tifffile cannot write it ({' '.join(str(error).split())}): write .npy"
        ) from error
    return stream.getvalue()


def _arranged(one: FeatureMap) -> tuple[Array, str]:
    """The values in OME's order, and the names of their axes."""
    letters = set(one.layout)
    if not {"H", "W"} <= letters:
        raise FileError(
            f"a map of shape {shape_words(one.data.shape)} ({one.layout}) has no height and width, "
            "which a TIFF needs: write .npy"
        )
    colours = one.picture is not None and one.picture.mode in COLOURS
    order = "HWC" if colours else "".join(letter for letter in "NCDHW" if letter in letters)
    data = one.data.transpose([one.layout.index(letter) for letter in order])
    return np.ascontiguousarray(data), "YXS" if colours else "".join(
        OME[letter] for letter in order
    )


def _told(one: FeatureMap, axes: str, compression: str | None) -> dict[str, Any]:
    """What tifffile is told of how the pixels are stored."""
    picture = one.picture or Picture(STACK, format="")
    kept = dict(picture.extras).get("compression", "") if picture.format == "TIFF" else ""
    told: dict[str, Any] = {
        "photometric": "rgb" if axes.endswith("S") else "minisblack",
        "compression": _CODECS.get(compression or kept, "zlib"),
        "software": False,
        "iccprofile": picture.icc,
    }
    if "A" in picture.mode:
        told["extrasamples"] = ["unassalpha"]
    if picture.dpi:
        told |= {"resolution": picture.dpi, "resolutionunit": "inch"}
    return told


def _metadata(one: FeatureMap, data: Array, axes: str) -> dict[str, Any]:
    """What OME's description tells; its identifier comes from the pixels, so that the same file comes out again."""
    from hashlib import sha256
    from uuid import NAMESPACE_OID, uuid5

    told: dict[str, Any] = {
        "axes": axes,
        "UUID": str(uuid5(NAMESPACE_OID, sha256(data.data).hexdigest())),
    }
    letters = [one.layout[axis] for axis in space_axes(one.layout)]
    channels = dict(one.picture.extras).get("channels", ()) if one.picture else ()
    if "C" in axes and len(channels) == data.shape[axes.index("C")]:
        told["Channel"] = {"Name": list(channels)}
    for letter, (size, unit) in zip(letters, one.spacing, strict=False):
        if unit:
            told |= {f"PhysicalSize{OME[letter]}": size, f"PhysicalSize{OME[letter]}Unit": unit}
    return told
