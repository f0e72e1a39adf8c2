"""poolcli is installed from its sdist, with a C++ compiler or without. No network is needed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

pytestmark = pytest.mark.complete

ROOT = Path(__file__).parents[1]
SOURCES = ("pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "CHANGES.md", "CITATION.cff")
BUILD_SDIST = "from setuptools.build_meta import build_sdist; build_sdist('dist')"


def python(*words, cwd, **environment):
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def pip(*words, cwd, **environment):
    return python("-m", "pip", "--disable-pip-version-check", *words, cwd=cwd, **environment)


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    """The unpacked sdist of a copy of the sources."""
    folder = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        shutil.copy(ROOT / name, folder)
    built = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
    shutil.copytree(ROOT / "poolcli", folder / "poolcli", ignore=built)
    shutil.copytree(ROOT / "docs" / "man", folder / "docs" / "man")
    python("-c", BUILD_SDIST, cwd=folder)
    (archive,) = (folder / "dist").iterdir()
    python("-m", "tarfile", "-e", archive, folder, cwd=folder)
    return folder / archive.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def wheel(sdist, tmp_path_factory):
    """The wheel that is built where there is no compiler."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder)
    pip("wheel", *options, sdist, cwd=folder, CC="no-such-compiler", CXX="no-such-compiler")
    (built,) = folder.iterdir()
    return built


def names(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_sdist_has_what_is_compiled_and_the_whole_package(sdist):
    package = {f"poolcli/{name}" for name in names(ROOT / "poolcli") if name.endswith(".py")}
    parts = ("_fold", "_kernels", "_large", "_select", "_small", "_weigh", "_windows")
    compiled = {f"poolcli/engine/backend/{name}.h" for name in parts}
    compiled |= {"poolcli/engine/backend/_core.cpp"}
    compiled |= {"poolcli/io/pillow/_png_rows.cpp"}
    assert package | compiled | set(SOURCES) <= names(sdist)


@pytest.mark.skipif(sys.platform == "win32", reason="CC does not choose the compiler of Windows")
def test_without_a_compiler_it_is_installed_and_pools_with_numpy(wheel, tmp_path):
    with ZipFile(wheel) as packed:
        assert not [name for name in packed.namelist() if name.endswith((".so", ".cpp", ".h"))]
        manual = [name for name in packed.namelist() if "/share/man/man1/" in name]
        assert len(manual) == len(list((ROOT / "docs" / "man").iterdir()))
    pip("install", "--no-deps", "--no-index", "--target", tmp_path / "site", wheel, cwd=tmp_path)
    path = {"PYTHONPATH": str(tmp_path / "site"), "POOLCLI_BACKEND": ""}
    where = python("-c", "import poolcli; print(poolcli.__file__)", cwd=tmp_path, **path)
    assert Path(where).is_relative_to(tmp_path)
    version = python("-m", "poolcli", "--version", cwd=tmp_path, **path)
    assert version.endswith("(plain backend)\n")
