"""Reducers of plugins, from files and from packages."""

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import poolcli
from poolcli.api import steps
from poolcli.pipeline import entry_points, registry
from poolcli.run.executors.processes import _answer

PAGE = Path(__file__).parents[2] / "docs/how-to/reducers.md"
MIDRANGE, SPREAD = re.findall(
    r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
)
X = np.random.default_rng(0).integers(0, 99, (9, 11)).astype(np.float32)


@pytest.fixture(autouse=True)
def nothing_loaded(monkeypatch):
    monkeypatch.setattr(registry, "_rows", {})
    monkeypatch.setattr(registry, "_files", {})
    entry_points.entry_points.cache_clear()
    steps._cached.cache_clear()
    yield
    steps._cached.cache_clear()
    entry_points.entry_points.cache_clear()


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Write the text of a plugin, and return its path."""
    monkeypatch.chdir(tmp_path)

    def write(text, name="mine.py"):
        (tmp_path / name).write_text(text)
        return name

    return write


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Install a distribution of one module, with these entry points."""

    def install(name, text, points):
        site = tmp_path / f"site-{name}"
        about = site / f"{name}-1.0.dist-info"
        about.mkdir(parents=True)
        (site / f"{name}.py").write_text(text)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[poolcli.reducers]\n{points}\n")
        monkeypatch.syspath_prepend(site)
        monkeypatch.delitem(sys.modules, name, raising=False)
        entry_points.entry_points.cache_clear()
        return site

    return install


def midrange(x):
    return (x.max() + x.min()) / 2


def by_hand(x, kernel, function=midrange):
    rows, columns = (size // kernel for size in x.shape)
    cells = x[: rows * kernel, : columns * kernel].reshape(rows, kernel, columns, kernel)
    return np.array(
        [[function(cells[row, :, column]) for column in range(columns)] for row in range(rows)]
    )


# ---- what works


def test_a_file_in_python(plugin):
    assert poolcli.load_plugin(plugin(MIDRANGE)) == ("midrange",)
    assert poolcli.load_plugin("mine.py") == ("midrange",)
    np.testing.assert_array_equal(poolcli.pool(X, "midrange", kernel=3), by_hand(X, 3))
    assert poolcli.pool(X, "midrange", global_=True).tolist() == [[midrange(X)]]
    assert poolcli.plan("midrange --adaptive 2", X.shape)[0].output.shape == (2, 2)


def test_options_and_whole_windows(plugin):
    poolcli.load_plugin(plugin(SPREAD))

    def spread(x, share=0.25):
        low, high = np.quantile(x, [share, 1 - share])
        return high - low

    result = poolcli.pool(X, "spread", kernel=3)
    np.testing.assert_allclose(result, by_hand(X, 3, spread), rtol=1e-6)
    fewer = poolcli.pool(X, "spread", kernel=3, share=0.1)
    np.testing.assert_allclose(fewer, by_hand(X, 3, lambda x: spread(x, 0.1)), rtol=1e-6)
    pipeline = poolcli.parse("spread -k 3 --share 0.1 | avg --global")
    assert str(pipeline) == "spread -k 3 --share 0.1 | avg --global"
    assert poolcli.parse(str(pipeline)) == pipeline
    with pytest.raises(TypeError, match="unexpected keyword argument 'shares'"):
        poolcli.pool(X, "spread", shares=0.1)


@pytest.mark.parametrize("text", [MIDRANGE, SPREAD.replace("spread", "midrange")])
def test_masks_nan_and_memory_order(text, plugin):
    poolcli.load_plugin(plugin(text))
    x = X.copy()
    x[0, 0], x[4, 4] = np.nan, 7
    assert np.isnan(poolcli.pool(x, "midrange", kernel=3)).sum() == 1
    filled = poolcli.pool(np.where(np.isnan(x), -1, x), "midrange", kernel=3, nodata=(-1, 7))
    ignored = poolcli.pool(x, "midrange", kernel=3, nan="ignore", nodata=7)
    np.testing.assert_array_equal(ignored, filled)
    assert poolcli.pool(np.full((2, 2), 7), "midrange", nodata=7).tolist() == [[7]]
    turned = poolcli.pool(np.asfortranarray(x), "midrange", kernel=3)
    np.testing.assert_array_equal(turned, poolcli.pool(x, "midrange", kernel=3))


def test_merges_that_are_functions_and_values_that_are_kept(plugin):
    plugin("""
from poolcli.plugins import FoldReducer
import numpy as np

def merge(a, b):
    return np.where(abs(a[0]) <= abs(b[0]), a[0], b[0]), a[1] + b[1]

nearest = FoldReducer(
    "nearest-to-zero", "the value nearest to zero", keeps=True, lift=lambda x: (x, np.ones_like(x)),
    merge=merge, empty=(np.inf, 0), finish=lambda value, count, n: value)
mean = FoldReducer("my-mean", "", weighs=True, lift=lambda x: x, merge="add",
                   finish=lambda total, n: total / n)
""")
    assert poolcli.load_plugin("mine.py") == ("nearest-to-zero", "my-mean")
    x = np.array([-5, 3, 4, -1, 9, 7, -7, 8], np.int16)
    result = poolcli.pool(x, "nearest-to-zero", kernel=4)
    assert (result.dtype, result.tolist()) == (np.int16, [-1, 7])
    assert poolcli.pool(x, "nearest-to-zero", kernel=4, nodata=-1).tolist() == [3, 7]
    np.testing.assert_allclose(poolcli.pool(X, "my-mean"), poolcli.pool(X, "avg"), rtol=1e-6)


def test_alpha_weighs(plugin, tmp_path):
    from PIL import Image

    plugin("""
from poolcli.plugins import FoldReducer
mean = FoldReducer("my-mean", "", weighs=True, lift=lambda x: x, merge="add",
                   finish=lambda total, n: total / n)
""")
    poolcli.load_plugin("mine.py")
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (6, 8, 4), np.uint8))
    np.testing.assert_array_equal(poolcli.pool(image, "my-mean"), poolcli.pool(image, "avg"))


def test_counts_of_pixels_are_the_plugins_own(plugin):
    """A plugin that writes to them spoils no later call."""
    plugin("""
from poolcli.plugins import FoldReducer

def finish(total, n):
    n *= 2
    return total / n

half = FoldReducer("my-half", "", lift=lambda x: x, merge="add", finish=finish)
""")
    poolcli.load_plugin("mine.py")
    for _ in range(2):
        result = poolcli.pool(X, "my-half", kernel=3, stride=2, padding=1)
        expected = poolcli.pool(X, "avg", kernel=3, stride=2, padding=1)
        np.testing.assert_allclose(result * 2, expected, rtol=1e-6)


def test_cells_of_equal_area_weigh(plugin):
    """Numbers that are added count by the part of a pixel, and n is the area in pixels."""
    plugin("""
from poolcli.plugins import FoldReducer, GatherReducer
import numpy as np

mean = FoldReducer("my-mean", "", weighs=True, lift=lambda x: x, merge="add",
                   finish=lambda total, n: total / n)
size = FoldReducer("my-size", "", weighs=True, lift=lambda x: (x, x * 0 + 1), merge=("max", "add"),
                   finish=lambda high, pixels, n: pixels + 0 * n)
count = FoldReducer("my-count", "", weighs=True, lift=lambda x: x, merge="add",
                    finish=lambda total, n: n + 0 * total)
fold = FoldReducer("my-fold", "", lift=lambda x: x, merge="add", finish=lambda total, n: total)
gather = GatherReducer("my-gather", "", choose=lambda values, valid: values[..., 0])
""")
    poolcli.load_plugin("mine.py")
    masked = np.where(X > 80, np.nan, X)
    for x, more in ((X, {}), (masked, {"nan": "ignore"}), (masked, {}), (X, {"nodata": 5})):
        for area in (4, (2, 5), (9, 11)):
            expected = poolcli.pool(x, "avg", area=area, **more)
            np.testing.assert_allclose(
                poolcli.pool(x, "my-mean", area=area, **more), expected, rtol=1e-5
            )
    area = np.full((4, 4), 9 * 11 / 16)
    np.testing.assert_allclose(poolcli.pool(X, "my-count", area=4), area, rtol=1e-6)
    np.testing.assert_allclose(poolcli.pool(X, "my-size", area=4), area, rtol=1e-6)
    for name in ("my-fold", "my-gather"):
        with pytest.raises(poolcli.RequestError, match="`weighs=True` says"):
            poolcli.pool(X, name, area=4)


def test_alpha_weighs_the_parts_of_pixels_too(plugin):
    from PIL import Image

    plugin("""
from poolcli.plugins import FoldReducer
mean = FoldReducer("my-mean", "", weighs=True, lift=lambda x: x, merge="add",
                   finish=lambda total, n: total / n)
""")
    poolcli.load_plugin("mine.py")
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (7, 9, 4), np.uint8))
    found, expected = (poolcli.pool(image, name, area=4) for name in ("my-mean", "avg"))
    assert np.abs(np.asarray(found, int) - np.asarray(expected, int)).max() <= 1


def test_pickles_by_reference_to_its_file(plugin):
    poolcli.load_plugin(plugin(MIDRANGE))
    pipeline = poolcli.parse("midrange -k 3")
    data = pickle.dumps(pipeline)
    assert pickle.loads(data) == pipeline
    registry._rows.clear()
    registry._files.clear()
    np.testing.assert_array_equal(pickle.loads(data)(X), by_hand(X, 3))


def test_a_worker_without_the_file_says_so(plugin):
    poolcli.load_plugin(plugin(MIDRANGE))
    data = pickle.dumps(poolcli.parse("midrange -k 3"))
    Path("mine.py").unlink()
    registry._rows.clear()
    registry._files.clear()
    assert "there is no such file" in _answer(lambda *_: None, data, 1)


def test_a_package(package):
    package("halfway", MIDRANGE, "midrange = halfway:midrange")
    assert "midrange" in registry.names()
    assert registry.plugin_summary("midrange") == "of the package halfway"
    assert "halfway" not in sys.modules
    np.testing.assert_array_equal(poolcli.pool(X, "midrange", kernel=3), by_hand(X, 3))
    assert "(max x + min x) / 2" in registry.plugin_summary("midrange")


def test_commands(plugin, cli):
    plugin(MIDRANGE)
    np.save("x.npy", X)

    def printed(*words):
        ran = cli("--plugin", "mine.py", *words)
        assert ran.code == 0
        return ran.out.decode()

    printed("midrange", "-k", 3, "x.npy", "-o", "y.npy")
    np.testing.assert_array_equal(np.load("y.npy"), by_hand(X, 3))
    assert "halfway between the extremes" in printed("--help")
    assert "Halfway between the extremes of each window" in printed("midrange", "--help")
    assert "midrange" in printed("ops")
    assert "midrange -k 3" in printed("shape", "midrange -k 3", "--input", "9x9")
    assert str(int(X[0, 0])) in printed("explain", "midrange -k 3", "x.npy", "--at", "0,0")


@pytest.mark.complete
@pytest.mark.parametrize("executor", ["processes", "dask"])
def test_workers_load_the_file(executor, plugin, cli):
    if executor == "dask":
        pytest.importorskip("dask")
    plugin(MIDRANGE)
    np.save("x.npy", X)
    words = ("midrange", "-k", 3, "x.npy", "-o", "z.npy", "--executor", executor)
    assert cli("--plugin", "mine.py", *words).code == 0
    np.testing.assert_array_equal(np.load("z.npy"), by_hand(X, 3))


@pytest.mark.complete
def test_a_package_in_processes_of_its_own(package, tmp_path):
    site = package("halfway", MIDRANGE, "midrange = halfway:midrange")
    np.save(tmp_path / "x.npy", X)
    root = Path(poolcli.__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{site}"}
    words = ["midrange", "-k", "3", "x.npy", "-o", "y.npy", "--executor", "processes"]
    command = [sys.executable, "-m", "poolcli", *words]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), by_hand(X, 3))


# ---- what does not


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = ", "SyntaxError"),
        ("import no_such_module", "ModuleNotFoundError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("x = 1", "it makes no reducer"),
        (MIDRANGE.replace('"midrange"', '"max"'), "max is poolcli's own"),
        (MIDRANGE.replace('"midrange"', '"two words"'), "is no name for a reducer"),
        (MIDRANGE.replace('"max", ', '"most", '), "a merge is add, max, min, not 'most'"),
        (SPREAD.replace('"share"', '"kernel"'), "poolcli has an option kernel"),
    ],
)
def test_a_broken_file_fails_with_its_name(text, message, plugin):
    with pytest.raises(poolcli.RequestError, match=re.escape(message)) as error:
        poolcli.load_plugin(plugin(text))
    assert "mine.py" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MIDRANGE.replace("high + low", "high + lo"), "NameError: name 'lo' is not defined"),
        (MIDRANGE.replace("(x, x)", "x"), "lift gives 1 numbers, and there are 2"),
        (MIDRANGE.replace("(high + low) / 2", "high[:1]"), "a result has the shape"),
        (SPREAD.replace("axis=-1", "axis=0").replace("spread", "midrange"), "the shape"),
    ],
)
def test_a_broken_function_fails_with_its_name(text, message, plugin):
    poolcli.load_plugin(plugin(text))
    with pytest.raises(poolcli.ValueRuleError, match=re.escape(message)) as error:
        poolcli.pool(X, "midrange", kernel=3)
    assert "midrange (" in str(error.value)
    assert poolcli.pool(X, "max", kernel=3).shape == (3, 3)


def test_a_broken_package_breaks_no_other_command(package, cli):
    package("broken", "1 / 0", "wrong = broken:thing")
    assert cli("ops").code == 0
    assert "wrong" in cli("--help").out.decode()
    failed = cli("wrong", "x.npy")
    assert failed.code == 2
    assert failed.err == (
        "Error: reducer wrong of the package broken: ZeroDivisionError: division by zero\n"
    )


def test_names_of_packages_that_are_taken(package):
    package("greedy", MIDRANGE, "max = greedy:midrange\nother = greedy:midrange")
    assert registry.plugin_names() == ["other"]
    assert poolcli.pool([1, 2], "max").tolist() == [2]
    with pytest.raises(poolcli.RequestError, match="calls itself midrange"):
        poolcli.parse("other")
    package("one", MIDRANGE, "midrange = one:midrange")
    package("two", MIDRANGE, "midrange = two:midrange")
    with pytest.raises(poolcli.RequestError, match="have a reducer of this name"):
        poolcli.parse("midrange")


def test_two_files_with_one_name(plugin):
    poolcli.load_plugin(plugin(MIDRANGE))
    with pytest.raises(poolcli.RequestError, match="there is a reducer midrange already"):
        poolcli.load_plugin(plugin(MIDRANGE, "other.py"))


def test_no_such_file():
    with pytest.raises(poolcli.FileError, match="there is no such file"):
        poolcli.load_plugin("no_such.py")


def test_packages_are_looked_for_only_where_one_names_the_group(tmp_path, monkeypatch):
    about = tmp_path / "other-1.0.dist-info"
    about.mkdir()
    (about / "entry_points.txt").write_text("[console_scripts]\nother = other:run\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "none.zip"), str(tmp_path)])
    assert not entry_points._group_is_named()
    (about / "entry_points.txt").write_text("[poolcli.reducers]\nmine = other:mine\n")
    assert entry_points._group_is_named()
    (tmp_path / "archive.zip").write_bytes(b"PK")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "archive.zip")])
    assert entry_points._group_is_named()
