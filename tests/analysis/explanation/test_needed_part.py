"""The part that a number needs: read alone, it gives the explanation of the whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolcli.analysis.explanation.explanation import explain
from poolcli.analysis.explanation.needed_part import explain_part
from poolcli.errors import PoolError
from poolcli.maps.feature_map import FeatureMap
from poolcli.pipeline.parser import parse
from poolcli.report.explanation_records import explanation_record

OPS = ("max", "avg", "avg --count-include-pad", "avg --divisor kernel", "median", "std", "mode")
ENDS = ("", " --ceil-mode", " --ceil-mode=keep", " --ceil-mode=fill")


@st.composite
def steps(draw):
    kernel, stride = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    padding = draw(st.sampled_from(["0", "1:0", "0:2", "1", "same", "same-lower"]))
    window = f"-k {kernel} -s {stride} -p {padding} -d {draw(st.integers(1, 3))}"
    return f"{draw(st.sampled_from(OPS))} {window}{draw(st.sampled_from(ENDS))}"


@settings(deadline=None, max_examples=30)
@given(st.lists(steps(), min_size=1, max_size=3), st.integers(8, 40), st.data())
def test_the_explanation_of_the_part_is_that_of_the_whole(texts, length, data):
    x = np.random.default_rng(0).integers(0, 50, (2, 3, length)).astype(np.float32)
    pipeline, fmap = parse(" | ".join(texts)), FeatureMap(x, "NCL")
    try:
        shape = pipeline.plan(fmap.form)[-1].output.shape
    except PoolError:
        return
    at = tuple(data.draw(st.integers(0, size - 1)) for size in shape)
    read = []

    def read_part(region):
        read.append(x[region].size)
        return FeatureMap(x[region], "NCL")

    found = explain_part(pipeline, fmap.form, read_part, at)
    if found is None:
        assert read[0] < length  # too small a part for the windows
        return
    expected = explain(pipeline, fmap, at)
    assert explanation_record("x", found) == explanation_record("x", expected)
    assert read[0] <= length


@pytest.mark.parametrize("name", ["x.npy", "x.zarr"])
def test_explain_reads_only_the_part(cli, tmp_path, monkeypatch, name):
    """A map of 8 GB, of which nothing is on the disk but the header."""
    if name == "x.zarr":
        zarr = pytest.importorskip("zarr", reason="zarr is not installed")
        store = zarr.create_array(
            tmp_path / name, shape=(1, 1, 40000, 50000), chunks=(1, 1, 100, 100), dtype="f4"
        )
        store[0, 0, 20000, 25000] = 7
    else:
        array = np.lib.format.open_memmap(tmp_path / name, "w+", np.float32, (1, 1, 40000, 50000))
        array[0, 0, 20000, 25000] = 7
        del array
    ran = cli("explain", "max -k 3 -s 2 -p 1 | avg -k 2", name, "--report", "json")
    assert (ran.code, ran.err) == (0, "")
    assert '"index": [\n' in ran.text
    assert '"value": 1.75' in ran.text


@pytest.mark.parametrize(
    "text",
    [
        "max --adaptive 2",
        "stochastic -k 2",
        "max -k 3 -p 1 --border wrap",
        "blur",
        "max -k 2 --scale",
    ],
)
def test_what_needs_the_whole_map(text):
    fmap = FeatureMap(np.ones((8, 8), np.float32), "HW")
    text = text.replace("--scale", "--normalize minmax")
    assert explain_part(parse(text), fmap.form, lambda _: fmap, None) is None
