"""All profiles by name. The module of a framework is imported when its profile is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Literal, get_args

from poolcli.pipeline.profile import Profile

ProfileName = Literal[
    "poolcli",
    "torch",
    "onnx",
    "keras",
    "tensorflow",
    "jax",
    "webnn",
    "openvino",
    "coreml",
    "caffe",
    "paddle",
    "ncnn",
    "opencv",
    "gdal",
    "scipy",
    "skimage",
    "xarray",
    "bottleneck",
]
NAMES: tuple[ProfileName, ...] = get_args(ProfileName)


class Profiles(Mapping[str, Profile]):
    """The `PROFILE` of each module of `poolcli.pipeline.frameworks`, by its name."""

    def __getitem__(self, name: str) -> Profile:
        if name not in NAMES:
            raise KeyError(name)
        profile: Profile = import_module(f"poolcli.pipeline.frameworks.{name}").PROFILE
        return profile

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


PROFILES = Profiles()
