"""The pages and the plot that are made of results, with one backend, with both, and with none."""

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import chart, files, plot


def test_a_program_that_computes_something_else_is_not_ranked():
    ms = {"poolcli": 4.0, "vips": 2.0, "gdal_translate": 1.0}
    cpu, written = {name: 3 * each for name, each in ms.items()}, dict.fromkeys(ms, 10**6)
    photo = files.Work("photo.jpg", ms, cpu, written)
    assert (photo.fastest, photo.ratio, photo.cpu_ratio) == ("vips", 0.5, 0.5)
    assert photo.notes.keys() == {"gdal_translate"}
    assert files.Work("100 png", ms, cpu, written).fastest == "gdal_translate"
    assert "1.00, 3.00 ms, 1.0 MB (x)" in plot._table(("", *ms), plot._works([photo], tuple(ms)))
    assert "gdal_translate is not ranked on jpg" in "".join(plot._notes([photo]))


def results(*backends):
    """Results of lines with ratios around 1, and of one without a peer."""
    timings = [
        {
            "line": f"line {ratio} <",
            "poolcli": dict.fromkeys(backends, 1.0),
            "peers": {"torch": ratio},
            "fastest": "torch",
            "ratios": {name: ratio / number for number, name in enumerate(backends, 1)},
            "share": 0.5,
        }
        for ratio in (0.02, 0.5, 1, 2, 40)
    ]
    alone = {"peers": {}, "fastest": None, "ratios": {}, "line": "alone"}
    facts = dict.fromkeys(("date", "machine", "memory", "releases"), "then")
    return facts | {"backends": list(backends), "timings": [*timings, timings[0] | alone]}


def test_the_plot_has_a_dot_for_each_ratio():
    drawn = ET.fromstring(chart.svg(results("compiled", "plain")))
    dots = drawn.findall("{http://www.w3.org/2000/svg}circle")[2:]  # after those of the legend
    compiled = [dot for dot in dots if dot.get("fill") != "none"]
    assert [dot.get("fill") for dot in compiled] == [chart.BEHIND] * 2 + [chart.AHEAD] * 3
    assert len(dots) == 2 * len(compiled)
    places = [float(dot.get("cx")) for dot in compiled]
    assert places == sorted(places)
    assert chart.LEFT <= places[0] < places[-1] <= chart.WIDTH - chart.RIGHT


@pytest.mark.parametrize("backends", [("compiled", "plain"), ("plain",), ()])
def test_pages_have_the_columns_of_the_backends_that_were_timed(backends):
    page = plot.block(results(*backends), {"date": "", "machine": "", "files": []})
    head = next(line for line in page.splitlines() if line.startswith("| array and step"))
    assert [name for name in ("compiled", "plain") if f"{name} ms" in head] == list(backends)
    assert plot.summary(results(*backends)).count("* ") == len(backends)
    assert ET.fromstring(chart.svg(results(*backends))).tag.endswith("svg")
