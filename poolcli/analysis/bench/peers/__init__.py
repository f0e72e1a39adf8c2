"""Other libraries that pool, one file each, imported when they are asked for.

A peer is a module with three functions. `can(case)`: it has the operation. `prepare(case)`: the ways to do it, as
calls without arguments; the quickest counts. `read(case, result)`: what a call gave, as an array in the case's layout.
What a library needs once (a session, its own layout, its own type of array) is made in `prepare`, outside the time.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import NamedTuple

from poolcli.errors import RequestError
from poolcli.pipeline.parameters import did_you_mean


class Peer(NamedTuple):
    """A module here, what pip installs for it, and the packages that may tell its version."""

    module: str
    needs: str
    packages: tuple[str, ...]


PEERS = {
    "torch": Peer("pytorch", "torch", ("torch",)),
    "onnxruntime": Peer("onnx_runtime", "onnxruntime onnx", ("onnxruntime",)),
    "openvino": Peer("open_vino", "openvino", ("openvino",)),
    "opencv": Peer(
        "open_cv",
        "opencv-python-headless",
        ("opencv-python-headless", "opencv-python", "opencv-contrib-python"),
    ),
    "scipy": Peer("ndimage", "scipy", ("scipy",)),
    "pillow": Peer("pil", "pillow", ("pillow",)),
    "scikit-image": Peer("sk_image", "scikit-image", ("scikit-image",)),
}


def chosen(names: str | None) -> tuple[dict[str, ModuleType], list[str]]:
    """The peers of a list of names (None: all of them), and which are not installed; RequestError for no peer."""
    peers: dict[str, ModuleType] = {}
    missing = []
    for name in PEERS if names is None else names.split(",") if names != "none" else ():
        if name not in PEERS:
            raise RequestError(f"there is no peer {name!r}{did_you_mean(name, PEERS)}")
        try:
            peers[name] = load(name)
        except ImportError:
            missing.append(name)
    return peers, missing


def load(name: str) -> ModuleType:
    """The peer; ImportError where its library is not installed."""
    return import_module(f"poolcli.analysis.bench.peers.{PEERS[name].module}")


def install_line(names: Iterable[str]) -> str:
    """The line that installs peers."""
    return " ".join(["pip install", *(PEERS[name].needs for name in names)])


def release(name: str) -> str:
    """The version of the library, as its package says."""
    for package in PEERS[name].packages:
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return "?"
