"""Boxes from rows, JSON and CSV."""

import numpy as np
import pytest

from poolcli.pipeline.box_rows import of_json, of_rows, of_text

PLAIN = [[0, 1, 2, 3], [4, 5, 6, 7.5]]
NUMBERED = [[0, 0, 1, 2, 3], [1, 4, 5, 6, 7.5]]


@pytest.mark.parametrize("rows", [PLAIN, NUMBERED, np.array(PLAIN), tuple(map(tuple, PLAIN))])
def test_rows(rows):
    boxes = of_rows(rows)
    assert boxes.array.dtype == np.float64
    assert not boxes.array.flags.writeable
    np.testing.assert_array_equal(boxes.array, rows)
    np.testing.assert_array_equal(of_json(boxes.text).array, rows)


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("x1,y1,x2,y2\n0,1,2,3\n4,5,6,7.5\n", PLAIN),
        ("index,x1,y1,x2,y2\n0,0,1,2,3\n1,4,5,6,7.5", NUMBERED),
        ("y2, x2, name, y1, x1, batch\n3,2,a,1,0,0\n\n7.5,6,b,5,4,1\n", NUMBERED),
        ('[{"x1":0,"y1":1,"x2":2,"y2":3,"score":1}]', PLAIN[:1]),
        ('{"boxes": [[0, 1, 2, 3], [4, 5, 6, 7.5]]}', PLAIN),
        ("\ufeff [[0, 1, 2, 3]]", PLAIN[:1]),
    ],
)
def test_text(content, rows):
    np.testing.assert_array_equal(of_text(content.encode()), rows)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xff\xfe\x00", "is neither CSV, JSON nor .npy"),
        (b"a,b\n1,2", "has no column x1"),
        (b"x1,y1,x2,y2\n1,2,3", "has a row of 3 columns"),
        (b"x1,y1,x2,y2\n1,2,3,z", "box 1 is"),
        (b"x1,y1,x2,y2", "holds no box"),
        (b"[[1, 2, 3]]", "has the shape 1x3"),
        (b"[[1, 2, 3, 4], [1, 2]]", "box 2 is"),
        (b"[" * 99999, "is not JSON"),
        (b'{"a": 1}', 'without "boxes"'),
        (b'[{"x1":0,"y1":1,"x2":2,"y2":3}, {"x1":0}]', "objects of different keys"),
        (b"[[0, 0, Infinity, 2]]", "is not finite"),
        (b"[[0.5, 0, 0, 1, 2]]", "no whole number"),
    ],
)
def test_what_is_wrong(content, message):
    with pytest.raises(ValueError, match=message):
        of_text(content)
