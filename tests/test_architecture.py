"""How the house hangs together: imports run one way, and starting is cheap."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import poolcli

ROOT = Path(poolcli.__file__).parent

# A room may import the rooms named here and nothing else of poolcli.
MAY_IMPORT = {
    "errors": set(),
    "leave": set(),
    "share": set(),
    "extras": {"errors"},
    "values": {"errors"},
    "layout": {"errors"},
    "frame": {"values"},
    "array": set(),
    "reuse": {"array"},
    "memory": {"errors", "array", "reuse"},
    "feature_map": {"errors", "layout", "frame", "array"},
    "io": {"errors", "share", "memory", "extras", "array", "layout", "feature_map"},
    "files": {"errors", "values", "array", "io"},
    "boxes": {"values", "array", "files"},
    "samples": {"values", "files"},
    "engine": {"errors", "share", "values", "frame", "array", "reuse", "memory", "files"},
    "nested": {"errors", "values"},
    "semantics": set(),
    "windows": {"values", "files", "boxes", "samples"},
    "ops": {"errors", "values", "files", "nested", "semantics", "windows"},
    "rules": {"errors", "array", "layout", "feature_map", "files", "engine"},
    "step": {
        "errors",
        "values",
        "frame",
        "array",
        "feature_map",
        "engine",
        "semantics",
        "ops",
        "windows",
        "rules",
    },
    "pipeline": {"errors", "layout", "feature_map", "step"},
    "composition": {
        "errors",
        "layout",
        "frame",
        "array",
        "memory",
        "feature_map",
        "engine",
        "ops",
        "windows",
        "step",
        "pipeline",
    },
    "recipe": {"errors", "values", "ops", "windows", "step", "pipeline", "composition"},
    "api": {"array", "layout", "feature_map", "step", "pipeline", "recipe"},
    "study": {
        "errors",
        "values",
        "layout",
        "frame",
        "array",
        "feature_map",
        "engine",
        "semantics",
        "ops",
        "step",
        "pipeline",
        "composition",
        "recipe",
    },
    "picture": {"errors", "array", "layout", "feature_map", "io", "api", "study"},
    "run": {
        "errors",
        "extras",
        "share",
        "memory",
        "feature_map",
        "files",
        "engine",
        "pipeline",
        "io",
        "picture",
    },
    "bench": {
        "errors",
        "share",
        "values",
        "layout",
        "array",
        "feature_map",
        "windows",
        "step",
        "pipeline",
    },
    "report": {
        "errors",
        "layout",
        "memory",
        "feature_map",
        "engine",
        "io",
        "ops",
        "windows",
        "step",
        "study",
        "run",
        "bench",
    },
    "cli": {
        "errors",
        "leave",
        "values",
        "layout",
        "memory",
        "engine",
        "semantics",
        "feature_map",
        "ops",
        "windows",
        "pipeline",
        "recipe",
        "study",
        "io",
        "run",
        "bench",
        "report",
        "picture",
    },
    "__init__": {"errors", "api"},
    "__main__": {"leave", "cli"},
}
ONLY = {"click": {"cli"}, "rich": {"report"}, "PIL": {"io", "bench", "picture"}}
# Pickling keeps what a step was told, which the reader above reads again; so it reads steps inside of steps.
BACK = {("step", "recipe"), ("nested", "recipe"), ("nested", "step"), ("nested", "pipeline")}


def room_of(path):
    return path.relative_to(ROOT).with_suffix("").parts[0]


def imports(path):
    """The modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            if node.module == "poolcli":
                yield from (
                    f"poolcli.{name.name}" for name in node.names if name.name != "__version__"
                )
            else:
                yield node.module or ""


FILES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_run_one_way(path):
    room = room_of(path)
    for module in imports(path):
        parts = module.split(".")
        if parts[0] == "poolcli" and len(parts) > 1:
            assert parts[1] in MAY_IMPORT[room] | {room} or (room, parts[1]) in BACK, (
                f"{room} imports {module}"
            )
        assert room in ONLY.get(parts[0], {room}), f"{room} imports {module}"


def test_rooms_stand_above_what_they_import():
    order = list(MAY_IMPORT)
    for room, below in MAY_IMPORT.items():
        if not room.startswith("__"):
            assert all(order.index(each) < order.index(room) for each in below)


def test_every_room_is_in_the_plan():
    assert {room_of(path) for path in FILES} == MAY_IMPORT.keys()


def loaded(*words):
    """The top-level modules in memory after poolcli ran with these words."""
    program = (
        "import sys\nfrom poolcli.cli import main\n"
        f"try:\n    main({list(words)!r})\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print('LOADED', *sorted({name.split('.')[0] for name in sys.modules}))"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    return set(out.splitlines()[-1].split()[1:])


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("max", "--help")])
def test_help_loads_neither_numpy_nor_pillow_nor_rich(words):
    assert not loaded(*words) & {"numpy", "PIL", "rich", "dask"}


def test_planning_does_not_load_pillow():
    assert "PIL" not in loaded("ops", "--report", "none")


RARELY = {
    *(
        "asyncio",
        "email",
        "hashlib",
        "http",
        "multiprocessing",
        "secrets",
        "socket",
        "sqlite3",
        "ssl",
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
