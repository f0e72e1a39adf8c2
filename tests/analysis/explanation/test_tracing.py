"""The pixels that a cell is traced back to are those it depends on."""

import numpy as np
import pytest
from explained import X, explained

import poolcli
from poolcli.analysis.explanation.explanation import explain
from poolcli.pipeline.pipeline import as_map


def test_way_back_through_unpool(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    top, where = poolcli.pool(X, "max", kernel=2, return_indices=True)
    np.save("where.npy", where)
    pipeline = poolcli.parse("unpool --indices where.npy --output-size 9x11 | avg -k 4 -s 2 -p 1")
    at = (1, 2, 2, 3)
    region = explain(pipeline, as_map(top), at).regions[-1]
    result = pipeline(top)[at]
    depends = np.array(
        [
            pipeline(top + 100 * (np.arange(top.size) == n).reshape(top.shape))[at] != result
            for n in range(top.size)
        ]
    ).reshape(top.shape)
    batch, channel, *axes = (np.unique(line) for line in np.nonzero(depends))
    assert (batch.tolist(), channel.tolist()) == ([region.batch], [region.channel])
    for found, expected in zip(region.axes, axes, strict=True):
        np.testing.assert_array_equal(found, expected)


PIPELINES = [
    "avg -k 3 -s 2 -p 1 | avg -k 2",
    "avg -k 2 -d 2 -s 1 | avg -k 2 -s 3 -d 2 | blur -s 1",
    "avg -k 3 -s 2 -p 1 --border wrap | avg -k 2 -p 1 --border 3:edge",
    "sample -s 2 | restore --interpolation bilinear | avg --adaptive 3",
    "fuse 'avg -k 3 -s 2' 'avg -k 2 -s 2 -d 2' --merge avg | avg -k 2 -s 1",
    "fuse 'avg -k 2' 'sum -k 2' --merge concat | weighted -k 3 -p 1",
    "avg -k 3 -s 1 | avg --boxes [[0,1,1,5,5],[1,0,0,3,3]] --output-size 2 | avg --global",
    "avg -k 2 -s 1 | roi-align --boxes [[1,1,1,5,5]] --output-size 2 --sampling-ratio 2",
]


@pytest.mark.parametrize("text", PIPELINES)
def test_way_back_is_what_the_number_depends_on(text, thinned):
    pipeline = poolcli.parse(text)
    result = pipeline(X)
    at = tuple(size // 2 for size in result.shape)
    told = explained(text, X, at)
    region = told.regions[-1]
    on_way = np.zeros(X.shape, bool)
    on_way[(region.batch, region.channel, *np.ix_(*region.axes))] = True
    for pixel in thinned(np.ndindex(X.shape)):
        other = X.copy()
        other[pixel] += 1000
        assert on_way[pixel] == (pipeline(other)[at] != result[at])
