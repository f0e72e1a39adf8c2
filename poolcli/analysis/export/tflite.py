"""TensorFlow Lite: the function of TensorFlow, converted, and run by LiteRT."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from poolcli.analysis.export import tensorflow
from poolcli.analysis.export.exported_step import ExportedStep
from poolcli.analysis.export.target import Target, versions
from poolcli.maps.array import Array
from poolcli.maps.feature_map import Form


def write(steps: Sequence[ExportedStep], form: Form) -> str:
    """A model of the plan's shape, with one input and one output."""
    text = tensorflow.write(steps, form).removeprefix("import tensorflow as tf\n")
    return (
        f"import tensorflow as tf\n{text}\n\n"
        f"shape = tf.TensorSpec({form.shape})\n"
        "function = tf.function(pool, input_signature=[shape]).get_concrete_function()\n"
        "model = tf.lite.TFLiteConverter.from_concrete_functions([function]).convert()\n"
    )


def _result(names: dict[str, Any], x: Array) -> Any:
    library = import_module("ai_edge_litert.interpreter")
    plain = library.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES  # which tell of themselves
    interpreter = library.Interpreter(
        model_content=names["model"], experimental_op_resolver_type=plain
    )
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


TARGET = Target(
    "tflite",
    ("tensorflow", "ai_edge_litert"),
    write,
    _result,
    lambda: versions(["tensorflow"]),
    dtypes=("float32",),
    profile="tensorflow",
)
