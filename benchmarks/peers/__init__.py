"""Other libraries that pool, one file each.

A peer is a module with three functions. `can(case)`: it has the operation. `prepare(case)`: the ways to do it, as
calls without arguments; the quickest counts. `read(case, result)`: what a call gave, as an array in the case's layout.
What a library needs once (a session, its own layout, its own type of array) is made in `prepare`, outside the time.
"""

from __future__ import annotations

import os
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
PEERS = {
    "torch": ("pytorch", ("torch",)),
    "onnxruntime": ("onnx_runtime", ("onnxruntime", "onnx")),
    "openvino": ("open_vino", ("openvino",)),
    "opencv": ("open_cv", ("opencv-python-headless", "opencv-python", "opencv-contrib-python")),
    "scipy": ("ndimage", ("scipy",)),
    "pillow": ("pil", ("pillow",)),
    "scikit-image": ("sk_image", ("scikit-image",)),
}


def load(name: str) -> ModuleType:
    """The peer; ImportError where its library is not installed."""
    return import_module(f"benchmarks.peers.{PEERS[name][0]}")


def release(name: str) -> str:
    """The version of the library, as its package says."""
    for package in PEERS[name][1]:
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return "?"
