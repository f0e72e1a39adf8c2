"""Images with their levels, in formats that hold both: which maps of a file are levels of which."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from poolcli.io.header import Header
from poolcli.maps.picture import Picture

_ADDED = re.compile(r"[a-z][a-z0-9-]*?\d+")  # mode2: what the levels of a map are named by


def images_of(headers: Sequence[Header]) -> Iterator[list[Header]]:
    """The maps with their levels: the names of levels begin with that of their map."""
    image: list[Header] = []
    for header in headers:
        if image and not _is_level(header, image[0]):
            yield image
            image = []
        image.append(header)
    yield image


def alike(levels: Sequence[Header]) -> Iterator[tuple[Header, Header]]:
    """Each level with its header in a file whose levels have one dtype, and one kind of pixels.

    Palette indices become their colours beside levels that have colours.
    """
    expands = len({level.mode for level in levels}) > 1
    forms = [level.form.expanded() if expands else level.form for level in levels]
    dtype = np.result_type(*(form.dtype for form in forms)).name
    for level, form in zip(levels, forms, strict=True):
        header = level._replace(shape=form.shape, layout=form.layout, dtype=dtype)
        is_other = form.mode not in (level.form.mode, "")
        yield level, header._replace(picture=Picture(form.mode)) if is_other else header


def _is_level(header: Header, first: Header) -> bool:
    """Whether a map is a level of another: named as that, or by an operation and a number, too.

    Pages may have no names; one that is as large as the first, or larger, is no level of it.
    """
    start = f"{first.name}-" if first.name else ""
    added = header.name[len(start) :] if header.name.startswith(start) else ""
    is_named_so = bool(_ADDED.fullmatch(added)) and "spacing" in header.facts
    fits = all(
        size <= most for size, most in zip(header.form.space, first.form.space, strict=False)
    )
    is_smaller = fits and header.form.space != first.form.space
    return is_named_so or (is_smaller and header.name == first.name)
