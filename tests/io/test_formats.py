"""The table of formats: names and suffixes."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from round_trips import image_map

from poolcli.errors import FileError, RequestError
from poolcli.io import (
    FORMATS,
    Header,
    default_format,
    format_named,
)
from poolcli.maps.feature_map import FeatureMap


@pytest.mark.parametrize("word", ["png", ".PNG", "PNG", "jpg", "JPEG", ".tif", "npz"])
def test_format_names(word):
    assert format_named(word).name in {"png", "jpeg", "tiff", "npz"}


def test_unknown_format_names():
    with pytest.raises(RequestError, match="did you mean webp"):
        format_named("wepb")
    with pytest.raises(RequestError, match="there are png"):
        format_named("xyzzy")


def test_formats_travel_between_processes():
    assert pickle.loads(pickle.dumps(FORMATS)) == FORMATS
    assert len({hash(known) for known in FORMATS}) == len(FORMATS)


def test_no_suffix_means_two_formats():
    suffixes = [suffix for known in FORMATS for suffix in known.suffixes]
    assert len(suffixes) == len(set(suffixes))


def test_default_format():
    array = FeatureMap(np.ones((2, 2)), "HW")
    arrays, image = [Header.of(array)], [Header.of(image_map("L"))]
    assert default_format("other", arrays).name == "npy"
    assert default_format("other", arrays * 2).name == "npz"
    assert default_format("jpeg", image).name == "jpeg"
    assert default_format("tga", image).name == "tga"
    assert default_format("psd", image, instead="png").name == "png"
    with pytest.raises(FileError, match="PSD is read and not written"):
        default_format("psd", image)
