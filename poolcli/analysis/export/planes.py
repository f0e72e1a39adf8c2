"""Functions of images as functions of arrays of any layout: one plane after the other."""

from __future__ import annotations

from poolcli.maps.feature_map import Form


def of_planes(text: str, form: Form, output: Form) -> str:
    """The code of `pool`, for code that defines it for one plane of height and width."""
    if form.layout == "HW":
        return text
    order = _planes_last(form.layout)
    moved = order != tuple(range(len(order)))
    shape = tuple(output.shape[axis] for axis in order)
    lines = [
        *([f"x = x.transpose({order})"] if moved else []),
        f"planes = x.reshape({(-1, *form.space)})",
        f"x = np.stack([plane(each) for each in planes]).reshape({shape})",
        *([f"x = x.transpose({_inverse(order)})"] if moved else []),
    ]
    body = "".join(f"    {line}\n" for line in lines)
    one = text.replace("def pool(x)", "def plane(x)").removeprefix("import numpy as np\n").lstrip()
    return f"import numpy as np\n{one}\n\ndef pool(x):\n{body}    return x\n"


def _planes_last(layout: str) -> tuple[int, ...]:
    """The axes, height and width last."""
    rest = [axis for axis, letter in enumerate(layout) if letter not in "HW"]
    return (*rest, layout.index("H"), layout.index("W"))


def _inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(order.index(axis) for axis in range(len(order)))
