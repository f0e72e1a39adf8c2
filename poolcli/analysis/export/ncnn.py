"""ncnn: a net of Pooling layers, as the text that it reads."""

from __future__ import annotations

from collections.abc import Sequence

from poolcli.analysis.export.exported_step import ExportedStep
from poolcli.analysis.export.target import Target
from poolcli.maps.feature_map import Form

KINDS = {"max": 0, "avg": 1}
MAGIC = 7767517  # the first line of a net's text
RUN = """

def pooled(x):
    net = ncnn.Net()
    net.load_param_mem(PARAM)
    net.load_model_mem(b"")
    extractor = net.create_extractor()
    extractor.input("x0", ncnn.Mat(np.ascontiguousarray(x)))
    return np.array(extractor.extract("{last}")[1])
"""
OF_ONE = "\n\ndef pool(x):\n    return pooled(x)\n"
OF_BATCH = "\n\ndef pool(x):\n    return np.stack([pooled(each) for each in x])\n"


def _layer(step: ExportedStep, number: int) -> str:
    """The line of a layer: its name, and its parameters by number."""
    if step.op not in KINDS:
        raise step.no(f"ncnn pools max and avg, and has no {step.op}")
    if step.kind not in ("sliding", "global", "adaptive") or not step.is_even:
        raise step.no(f"ncnn has no {step.kind} windows of these sizes")
    if set(step.dilation) != {1}:
        raise step.no("ncnn has no dilation")
    (top, bottom), (left, right) = step.pads
    (height, width), (down, across) = step.kernel, step.stride
    parameters = {
        0: KINDS[step.op],
        1: width,
        11: height,
        2: across,
        12: down,
        3: left,
        14: right,
        13: top,
        15: bottom,
        5: 1,  # padding in numbers, and no more
        6: int(_divides_by_all(step)),
    }
    words = " ".join(f"{key}={value}" for key, value in parameters.items())
    return f"Pooling p{number} 1 1 x{number} x{number + 1} {words}"


def _divides_by_all(step: ExportedStep) -> bool:
    """Whether a mean is over all taps of the kernel."""
    if step.divisor and step.divisor != step.taps:
        raise step.no("ncnn divides by the pixels of a window, or by its taps")
    if step.op != "avg" or step.unpadded:
        return False
    if step["count_include_pad"] and not step.counts_all:
        raise step.no("its last window counts less padding than the others")
    return bool(step.divisor or step["count_include_pad"])


def write(steps: Sequence[ExportedStep], form: Form) -> str:
    """A function of an array of channels, height and width, or of a batch of them."""
    if form.layout not in ("CHW", "NCHW"):
        raise steps[0].no(f"ncnn pools CHW and NCHW, and this is {form.layout}")
    layers = [_layer(step, number) for number, step in enumerate(steps)]
    count = len(layers) + 1
    text = "\n".join([str(MAGIC), f"{count} {count}", "Input input 0 1 x0", *layers, ""])
    call = OF_BATCH if form.layout == "NCHW" else OF_ONE
    imports = "import ncnn\nimport numpy as np\n"
    return f'{imports}\nPARAM = """\\\n{text}"""\n{RUN.format(last=f"x{len(layers)}")}{call}'


TARGET = Target("ncnn", ("ncnn",), write, dtypes=("float32",))
