"""The structure: imports run one way, and starting is cheap."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import poolcli

ROOT = Path(poolcli.__file__).parent
TESTS = Path(__file__).parent

# A package (or a module at the top) may import those named here, and nothing else of poolcli.
MAY_IMPORT = {
    "errors": set(),
    "maps": {"errors"},
    "resources": {"errors", "maps"},
    "plugins": {"errors"},
    "engine": {"errors", "maps", "resources", "plugins"},
    "pipeline": {"errors", "maps", "resources", "plugins", "engine"},
    "io": {"errors", "maps", "resources"},
    "run": {"errors", "maps", "resources", "pipeline", "io"},
    "analysis": {"errors", "maps", "resources", "engine", "pipeline", "io"},
    "report": {"errors", "maps", "resources", "pipeline", "io", "run", "analysis"},
    "api": {"errors", "maps", "resources", "pipeline", "io"},
    "cli": {
        "errors",
        "maps",
        "resources",
        "engine",
        "pipeline",
        "io",
        "run",
        "analysis",
        "report",
    },
    "__init__": {"errors", "api"},
    "__main__": {"cli"},
}
ONLY = {"click": {"cli"}, "rich": {"report"}, "PIL": {"io", "analysis"}}
FILES = sorted(ROOT.rglob("*.py"))


def name_of(path):
    """The module's name below poolcli, "" for the package itself."""
    return (
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix("__init__").strip(".")
    )


MODULES = {name_of(path): path for path in FILES}


def package_of(module):
    return module.split(".")[0] or "__init__"


@cache
def imports(path):
    """The modules that a file imports, anywhere in it, types included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            for name in node.names:
                below = f"{node.module}.{name.name}".removeprefix("poolcli.")
                found.add(f"poolcli.{below}" if below in MODULES else node.module)
    return found


def own_imports(path):
    """The modules of poolcli that a file imports, by their names below it."""
    return {
        name.removeprefix("poolcli").strip(".")
        for name in imports(path)
        if name.split(".")[0] == "poolcli"
    } - {""}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_run_one_way(package):
    for module, path in MODULES.items():
        if package_of(module) == package:
            found = {package_of(other) for other in own_imports(path)}
            assert found <= MAY_IMPORT[package] | {package}, path
            for name in imports(path):
                top = name.split(".")[0]
                assert package in ONLY.get(top, {package}), f"{path} imports {name}"


def test_packages_stand_above_what_they_import():
    order = list(MAY_IMPORT)
    for package, below in MAY_IMPORT.items():
        if not package.startswith("__"):
            assert all(order.index(each) < order.index(package) for each in below)
    assert {package_of(name) for name in MODULES} == MAY_IMPORT.keys()


def test_no_modules_import_each_other_in_a_circle():
    graph = {name: own_imports(path) & MODULES.keys() for name, path in MODULES.items()}
    done = set()
    while ready := {name for name in graph.keys() - done if graph[name] - {name} <= done}:
        done |= ready
    assert graph.keys() - done == set()


def loaded(*words):
    """The modules in memory after poolcli ran with these words: those of poolcli by their names
    below it, and of others the packages at the top.
    """
    program = (
        "import sys\nfrom poolcli.cli.main import main\n"
        f"try:\n    main({list(words)!r})\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "print('LOADED', *sys.modules)"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    names = out.splitlines()[-1].split()[1:]
    return {name.removeprefix("poolcli.") for name in names if name.startswith("poolcli.")} | {
        name.split(".")[0] for name in names
    }


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("max", "--help")])
def test_help_loads_neither_numpy_nor_pillow_nor_rich(words):
    assert not loaded(*words) & {"numpy", "PIL", "rich", "dask"}


def test_planning_does_not_load_pillow():
    assert "PIL" not in loaded("ops", "--report", "none")


RARELY = {
    *(
        "asyncio",
        "concurrent",
        "email",
        "hashlib",
        "http",
        "multiprocessing",
        "secrets",
        "shutil",
        "socket",
        "sqlite3",
        "ssl",
        "tempfile",
        "tomllib",
        "xml",
    ),
    *(
        "cv2",
        "dask",
        "onnxruntime",
        "openvino",
        "rich",
        "scipy",
        "skimage",
        "tifffile",
        "torch",
        "zarr",
        "zipfile",
    ),
    *(
        "engine.operations.between_ranks",
        "engine.windows.adaptive",
        "engine.windows.footprint",
        "io.pillow.encode_animation",
        "io.pillow.gif",
        "io.pillow.jpeg_scans",
        "maps.fits_wcs",
        "run.region_plan",
    ),
}


@pytest.mark.parametrize("name", ["x.png", "x.npy"])
def test_a_small_job_loads_only_what_it_needs(tmp_path, name):
    source = tmp_path / name
    np.save(source, np.ones((8, 8))) if name == "x.npy" else Image.new("RGB", (64, 64)).save(source)
    found = loaded("max", "-k", "2", str(source), "-o", str(tmp_path / f"y{source.suffix}"), "-q")
    assert {"numpy", "click", "poolcli"} <= found
    assert found & RARELY == set()


def test_importing_poolcli_loads_nothing_heavy():
    program = "import sys, poolcli; print(*sys.modules)"
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert not {name.split(".")[0] for name in out.split()} & {"numpy", "PIL", "rich", "click"}


def test_no_test_draws_from_a_generator_of_its_module():
    """Its numbers would depend on which tests drew before it."""
    generator = re.compile(
        r"^(\w+) = (?:np\.random\.default_rng|random\.Random)\([^)]*\)$", re.MULTILINE
    )
    for path in sorted(TESTS.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for name in generator.findall(text):
            assert not re.search(rf"^ .*\b{name}\.\w+\(", text, re.MULTILINE), path


def test_no_cached_property_takes_a_lock():
    """As that of `functools` does in Python 3.11."""
    with_lock = re.compile(r"^ *from functools import .*\bcached_property\b", re.MULTILINE)
    users = [name for name, path in MODULES.items() if with_lock.search(path.read_text("utf-8"))]
    assert users == ["maps.cached"]
