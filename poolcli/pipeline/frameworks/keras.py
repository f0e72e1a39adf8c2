"""Keras 3, whose layers are run by TensorFlow, JAX or PyTorch."""

from poolcli.pipeline.profile import Cited, Profile

PROFILE = Profile(
    "keras",
    library="Keras 3",
    rules={
        "stride, when not given": Cited("the kernel", "MaxPooling2D"),
        "padding same": Cited("odd pixel at the end", "MaxPooling2D"),
        "divisor of avg": Cited("valid pixels", "AveragePooling2D"),
        "NaN in max": Cited("depends on the backend: TensorFlow ignores it", "MaxPooling2D"),
    },
)
