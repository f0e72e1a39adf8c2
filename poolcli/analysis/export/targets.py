"""The libraries that pipelines can be written for, by name: nothing is imported to tell them."""

from __future__ import annotations

NAMES = (
    "torch",
    "onnx",
    "keras",
    "tensorflow",
    "tflite",
    "jax",
    "openvino",
    "paddle",
    "ncnn",
    "opencv",
    "gdal",
    "scipy",
    "skimage",
    "xarray",
    "bottleneck",
    "numpy",
)
