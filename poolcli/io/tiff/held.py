"""What a TIFF holds of a map, known before it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from poolcli.errors import FileError, RequestError
from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.image_levels import alike, images_of
from poolcli.io.tiff.carried import text_tag
from poolcli.io.tiff.description import kind_of, kinds_of
from poolcli.io.tiff.tags import Compression
from poolcli.io.tiff.written_pixels import axes_of, pixels_of
from poolcli.maps.embedded_sizes import exif_tags
from poolcli.maps.facts import Facts
from poolcli.resources.extras import extra, has_extra

_DESCRIPTION = 0x010E  # tag


def check(record: Format, headers: Sequence[Header], options: Mapping[str, Any]) -> None:
    """FileError or RequestError for maps that a TIFF cannot hold, or not with these options."""
    if "quality" in options and options.get("compression") != Compression.JPEG:
        raise RequestError("tiff option quality is for compression=jpeg: give both or neither")
    if any(options.get(name) for name in ("overviews", "cog")):
        _check_overviews(headers, options)
    elif "resampling" in options:
        raise RequestError("tiff option resampling is for overviews and cog: give one of these")
    if options.get("scale") is not None:
        return
    images = list(images_of(headers))
    kinds = kinds_of(record, [levels[0] for levels in images])
    for levels, kind in zip(images, kinds, strict=True):
        axes = [axes_of(header, kind) for _, header in alike(levels)]
        for (_, header), each in zip(alike(levels), axes, strict=True):
            pixels_of(header, each, options)
        if len({each.sizes[: each.lead] for each in axes}) > 1:
            raise FileError(
                "levels of a TIFF have as many planes as the image: "
                "give a `kernel` that pools no depth, such as 1x2x2, or write .zarr"
            )


def _check_overviews(headers: Sequence[Header], options: Mapping[str, Any]) -> None:
    extra("geo", "a TIFF with overviews")
    levels, *others = images_of(headers)
    if len(levels) > 1 and ("overviews" in options or "resampling" in options):
        raise RequestError(
            "tiff options overviews and resampling make levels, and so does pyramid: leave them out"
        )
    if others or kind_of("tiff", levels[0]):
        raise RequestError(
            "tiff options overviews and cog are for one image without named axes: leave them out"
        )


def unheld(header: Header) -> tuple[str, ...]:
    """The facts that a TIFF of this map has no place for."""
    return _unheld(header, kind_of("tiff", header))


def unheld_by_ome(header: Header) -> tuple[str, ...]:
    """The facts that an OME-TIFF of this map has no place for."""
    return _unheld(header, "ome")


def _unheld(header: Header, kind: str) -> tuple[str, ...]:
    facts = header.facts
    lost = _unheld_texts(facts, kind)
    if kind:
        lost.append("mask")
    if kind not in ("ome", "imagej"):
        lost.append("spacing")
    if kind == "ome" and not all(size.unit for size in facts.get("spacing", {}).values()):
        lost.append("spacing")
    if kind != "ome":
        lost.append("ome_xml")
    if kind != "imagej":
        lost += ["imagej", "origin"]
    else:
        lost += ["dpi", "aspect"]
    if kind != "shaped":
        lost.append("attributes")
    if "geo_keys" not in facts and not has_extra("geo"):
        lost.append("crs")
    if len(facts.get("nodata", ())) > 1:
        lost.append("nodata")
    if kind != "ome" and axes_of(header, kind).samples != len(facts.get("channels", ())):
        lost.append("channels")
    return tuple(lost)


def _unheld_texts(facts: Facts, kind: str) -> list[str]:
    """Texts that have no tag, and EXIF whose description gives way to that of the axes."""
    described = kind and _DESCRIPTION in exif_tags(facts.get("exif", b""))
    tagged = all(text_tag(name) for name, _ in facts.get("text", ()))
    return [*(["exif"] if described else []), *([] if tagged else ["text"])]
