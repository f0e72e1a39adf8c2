"""A format whose library is missing is known all the same, and its extra is named."""

import struct
import sys

import numpy as np
import pytest
from round_trips import image_map, refusal, written

from poolcli.errors import RequestError

NIFTI = struct.pack("<i", 348).ljust(344, b"\0") + b"n+1\0" + bytes(40)
FILES = {
    "hdf5": ("h5py", "h5", b"\x89HDF\r\n\x1a\n" + bytes(99)),
    "fits": ("astropy", "fits", b"SIMPLE  =                    T".ljust(2880)),
    "exr": ("OpenEXR", "exr", b"\x76\x2f\x31\x01\x02\0\0\0" + bytes(40)),
    "nifti": ("nibabel", "nii", NIFTI),
}


@pytest.mark.parametrize("extra", FILES)
def test_what_is_missing_is_named(extra, monkeypatch):
    library, word, raw = FILES[extra]
    monkeypatch.setitem(sys.modules, library, None)
    assert f"needs {library}: pip install 'poolcli[{extra}]'" in refusal(raw)
    with pytest.raises(RequestError, match=rf"poolcli\[{extra}\]"):
        written(image_map("F", np.zeros((4, 4), np.float32)), word)
