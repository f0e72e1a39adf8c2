"""Other libraries that pool: one file each, imported when it is asked for.

A peer is a module with three functions, and maybe `HAS`, the options that it has and others have
not. `can(case)` says whether it has the operation.
`prepare(case)` gives calls without arguments, one for each way to do it, of which the fastest
counts. `read(case, result)` is what a call returned, as an array in the case's layout. What a
library needs once (a session, its own layout, its own type of array, the array for the output where
its interface takes one) is made in `prepare`, which is not timed.
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
    """A module here, what pip installs for it, and the packages that may have its version."""

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
    """The named peers that are installed (None: of all), and the names of those that are not.

    Names are separated by commas; RequestError where one names no peer.
    """
    peers: dict[str, ModuleType] = {}
    missing = []
    for name in _names(names):
        if name not in PEERS:
            raise RequestError(f"there is no peer {name!r}{did_you_mean(name, PEERS)}")
        try:
            peers[name] = load(name)
        except ImportError:
            missing.append(name)
    return peers, missing


def _names(names: str | None) -> Iterable[str]:
    if names is None:
        return PEERS
    return [] if names == "none" else names.split(",")


def load(name: str) -> ModuleType:
    """The peer; ImportError where its library is not installed."""
    return import_module(f"poolcli.analysis.bench.peers.{PEERS[name].module}")


def install_line(names: Iterable[str]) -> str:
    """The command that installs the libraries of peers."""
    return " ".join(["pip install", *(PEERS[name].needs for name in names)])


def release(name: str) -> str:
    """The version of the library, from the metadata of its package."""
    for package in PEERS[name].packages:
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return "?"
