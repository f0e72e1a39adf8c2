"""The description of a TIFF that is written: which kind of text names the axes, and the text."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.tiff import imagej, ome_document, ome_xml, shaped
from poolcli.io.tiff.written_pixels import Axes, axes_of, kept_storage

_WRITTEN = ("ome", "imagej", "shaped")
_IMAGEJ_DTYPES = ("uint8", "uint16", "float32")


def kinds_of(record: Format, headers: Sequence[Header]) -> list[str]:
    """The kind of each map's description: "ome", "imagej", "shaped" or ""."""
    kinds = [kind_of(record.name, header, alone=len(headers) == 1) for header in headers]
    if "ome" in kinds and all(header.dtype in ome_xml.TYPES for header in headers):
        return ["ome"] * len(headers)  # one document describes all
    return ["shaped" if kind == "ome" else kind for kind in kinds]


def kind_of(format_name: str, header: Header, *, alone: bool = True) -> str:
    """The kind of a map's description: that of its file where it fits, or what its axes need."""
    if format_name == "ome":
        return "ome"
    kept, axes = kept_storage(header), axes_of(header, "")
    kind = kept.description if kept and kept.description in _WRITTEN else ""
    if kind == "imagej" and not (alone and _fits_imagej(header, axes)):
        kind = "ome"
    if not kind and (axes.letters or _has_sizes(header)):
        kind = "ome"
    return "shaped" if kind == "ome" and header.dtype not in ome_xml.TYPES else kind


def _has_sizes(header: Header) -> bool:
    """Whether pixels have a size that the tags of a TIFF do not tell."""
    sizes = header.facts.get("spacing", {}).values()
    return any(size.unit for size in sizes) and "geotransform" not in header.facts


def _fits_imagej(header: Header, axes: Axes) -> bool:
    if header.dtype not in _IMAGEJ_DTYPES:
        return False
    return axes.samples == 1 or (axes.samples == 3 and header.dtype == "uint8")


def imagej_text(header: Header, axes: Axes) -> str:
    """ImageJ's description of a map."""
    sizes = axes.by_letter
    shape = (sizes.get("N", 1), sizes.get("D", 1), 1 if "C" in axes.inner else sizes.get("C", 1))
    return imagej.described(shape, header.facts, is_colour=axes.samples > 1)


def shaped_text(header: Header, axes: Axes, *, is_planar: bool) -> str:
    """Tifffile's description of a map, whose unnamed axes are as they were."""
    sizes, names = list(axes.sizes), [ome_xml.AXIS_NAMES[letter] for letter in axes.order]
    kept = kept_storage(header)
    lead = kept.lead if kept else ()
    if lead and axes.order.startswith("N") and prod(lead) == sizes[0]:
        sizes[:1], names[:1] = lead, ["Q"] * len(lead)
    if axes.inner == "HWC" and is_planar:
        sizes[-3:] = [sizes[-1], *sizes[-3:-1]]
        names[-3:] = [names[-1], *names[-3:-1]]
    has_names = "Q" not in names and axes.lead > 0
    attributes = header.facts.get("attributes", {})
    return shaped.described(sizes, "".join(names) if has_names else "", attributes)


def described(header: Header, axes: Axes, first_page: int) -> ome_document.Described:
    """A map as OME's description needs it."""
    sizes = axes.by_letter
    named = {
        "X": sizes["W"],
        "Y": sizes["H"],
        "Z": sizes.get("D", 1),
        "C": 1 if "C" in axes.inner else sizes.get("C", 1),
        "T": sizes.get("N", 1),
    }
    lead = [ome_xml.AXIS_NAMES[letter] for letter in axes.order[: axes.lead]]
    order = "".join([*(axis for axis in "TZC" if axis not in lead), *lead])
    return ome_document.Described(
        named, order, axes.samples, header.dtype, header.facts, first_page
    )
