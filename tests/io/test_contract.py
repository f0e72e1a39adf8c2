"""The contract of formats: what goes in comes out, or it is said that it does not.

It walks formats, facts and dtypes: a value that a format takes comes back as it was, dtype and all;
a fact that its record holds comes back, and one that comes not back is named as dropped.
"""

import io
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from fact_values import ELSEWHERE, NAMES, PROFILE, same, values_for
from round_trips import image_map, pixels

import poolcli
from poolcli.errors import PoolError
from poolcli.io import FORMATS, Header, dropped, read, writer
from poolcli.io.mode import ALL
from poolcli.maps.facts import FACTS
from poolcli.maps.feature_map import FeatureMap
from poolcli.resources.extras import has_extra

WRITTEN = [one for one in FORMATS if one.sink]
LOSSY = {"jpeg", "avif"}
DTYPES = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
DTYPES += ("float16", "float32", "float64")
LAYOUTS = {"HW": (12, 16), "CHW": (3, 12, 16), "DHW": (4, 12, 16), "NCDHW": (2, 3, 4, 12, 16)}


def pytest_generate_tests(metafunc):
    if "record" in metafunc.fixturenames:
        marks = {True: [], False: [pytest.mark.complete]}
        cases = [
            pytest.param(one, id=one.name, marks=marks[one.name in ("png", "npy")])
            for one in WRITTEN
        ]
        metafunc.parametrize("record", cases)


@pytest.fixture
def back(record, tmp_path):
    """Write maps in the format, and read them back."""
    if record.extra and not has_extra(record.extra):
        pytest.skip(f"the extra {record.extra} is not installed")
    count = iter(range(10**6))

    def written_and_read(maps):
        path = tmp_path / f"{next(count)}{record.suffixes[0]}"
        with writer(maps, record).to(path, overwrite=False):
            pass
        return read(path)

    return written_and_read


def arrays():
    """Maps of every dtype and of layouts of two to five axes."""
    for dtype in DTYPES:
        for layout, shape in LAYOUTS.items():
            values = np.arange(np.prod(shape)).reshape(shape)
            yield FeatureMap((values % 2 if dtype == "bool" else values).astype(dtype), layout)


def images(record):
    """A picture of every mode that the format holds."""
    for mode in record.modes:
        if mode in ALL and ALL[mode].dtype:  # else it is a stack, or a palette with alpha
            yield image_map(mode, pixels(mode, 12, 16))


def is_held(record, one):
    with suppress(PoolError):
        record.check_held([Header.of(one)], {})
        return True
    return False


def assert_same_values(again, one, about):
    """The values of an array or a picture; gray may have become colours, and bits bytes."""
    found, expected = again.expanded().planes(), one.expanded().planes()
    if found.size == 3 * expected.size:
        found = found.take(0, axis=-3)
    if one.data.dtype == bool:
        found, expected = found != 0, expected != 0
    else:
        assert found.dtype == expected.dtype, about
    np.testing.assert_array_equal(found.ravel(), expected.ravel(), err_msg=about)


def test_values_and_dtypes_come_back_or_are_refused_beforehand(record, back):
    for one in [*arrays(), *images(record)]:
        if not is_held(record, one):
            with pytest.raises(PoolError) as refused:
                writer([one], record)
            assert "\n" not in str(refused.value)
            continue
        (again,) = back([one])
        about = f"{one.data.dtype} {one.layout} {one.form.mode}"
        if is_exact(record, one):
            assert_same_values(again, one, about)


def is_exact(record, one):
    """Whether all values are to come back; Pillow's TIFF of YCbCr comes back as RGB."""
    mode = one.form.mode
    has_many_colours = mode in ("RGB", "RGBA", "LA") or "C" in one.layout
    is_quantized = record.name == "gif" and has_many_colours
    return record.name not in LOSSY and not is_quantized and mode != "YCbCr"


def carriers(record):
    """Maps that carry facts: a picture with colours, a gray one, and arrays."""
    shown = [one for one in images(record) if one.form.mode in ("L", "RGB", "RGBA", "RGB;16")]
    plain = [one for one in arrays() if one.data.dtype == np.uint8 and one.layout != "NCDHW"]
    return [one for one in (*shown, *plain) if is_held(record, one)]


def test_a_fact_comes_back_or_is_named_as_dropped(record, back):
    for one in carriers(record):
        values = values_for(one.layout, one.data.shape)
        for name in NAMES:
            facts = {name: values[name]}
            carrying = FeatureMap(one.data, one.layout, one.picture, one.name, facts)
            words = FACTS[name].lost_words(values[name])
            told = words in dropped(facts, Header.of(carrying), record)
            (again,) = back([carrying])
            found = again.facts.get(name)
            about = f"{name} of {one.form.mode or one.layout} in {record.name}"
            came = found is not None and same(name, found, values[name])
            says_nothing = FACTS[name].plain(values[name])
            assert came or told or says_nothing, f"{about} is lost in silence: {found}"
            # An OME-TIFF holds the tags of GeoTIFF, which no other program looks for there.
            assert not (came and told) or record.name == "ome", f"{about} is not dropped"


def test_facts_of_a_file_change_by_their_rules(record, back):
    """From a file to a file of its format: the facts are those of the pooled map."""
    for one in carriers(record):
        values = values_for(one.layout, one.data.shape)
        for name in NAMES:
            if name not in record.holds(Header.of(replace(one, facts={name: values[name]}))):
                continue
            (source,) = back([replace(one, facts={name: values[name]})])
            kernel = "x".join(str(min(2, size)) for size in source.form.space)
            *_, (pooled,) = poolcli.parse(f"max -k {kernel}").walk(source)
            (again,) = back([pooled])
            about = f"{name} of {one.form.mode or one.layout} in {record.name}"
            if name in source.facts and name not in dropped_names(pooled.facts, pooled, record):
                assert same(name, again.facts[name], pooled.facts[name]), about


def dropped_names(facts, one, record):
    told, rows = dropped(facts, Header.of(one), record), FACTS
    return {
        name
        for name, value in facts.items()
        if rows[name].lost_words(value) in told or rows[name].plain(value)
    }


def test_facts_together_cost_no_values(record, back):
    for one in carriers(record):
        values = values_for(one.layout, one.data.shape)
        facts = {name: values[name] for name in NAMES}
        (again,) = back([FeatureMap(one.data, one.layout, one.picture, one.name, facts)])
        if is_exact(record, one):
            assert_same_values(again, one, one.form.mode)


def test_every_fact_has_a_value_here():
    assert values_for("HW", (4, 4)).keys() | ELSEWHERE == FACTS.keys()
    assert PROFILE


def test_records_name_facts_that_there_are():
    for record in FORMATS:
        assert record.facts.keys() <= FACTS.keys(), record.name


def test_a_stream_is_read_as_the_file_is(record, back):
    if record.is_folder:
        return
    (one, *_) = [each for each in (*images(record), *arrays()) if is_held(record, each)]
    stream = io.BytesIO()
    writer([one], record)(stream)
    (again,) = read(io.BytesIO(stream.getvalue()))
    assert again.form.space == one.form.space
