"""What is timed. A new operation is timed by adding its text to `LINES`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from poolcli.analysis.bench.noise import noise


@dataclass(frozen=True)
class Data:
    """An array of noise: uint8 over the whole range, or float32 in [0, 1)."""

    dtype: str
    shape: tuple[int, ...]
    layout: str

    @property
    def name(self) -> str:
        if self.layout.startswith("HW"):
            height, width, *rest = self.shape
            return f"{self.dtype} {width}x{height}{' RGB' if rest else ''}"
        return f"{self.dtype} {'x'.join(map(str, self.shape))}"

    def sizes(self, most: int | None = None) -> tuple[int, ...]:
        """The shape; with `most`, a small one for tests: no spatial axis is longer, three planes
        are enough.
        """
        limit = {letter: most and (3 if letter in "NC" else most) for letter in self.layout}
        return tuple(
            min(size, limit[letter] or size)
            for letter, size in zip(self.layout, self.shape, strict=True)
        )

    def make(self, most: int | None = None) -> np.ndarray:
        return noise(self.sizes(most), np.dtype(self.dtype))


@dataclass(frozen=True)
class Line:
    """One measurement: an array, and a step in the words of `poolcli run`."""

    data: Data
    text: str

    @property
    def name(self) -> str:
        return f"{self.data.name}, {self.text}"


PHOTO = Data("uint8", (3000, 4000, 3), "HWC")
GRAY = Data("uint8", (3000, 4000), "HW")
MAPS = Data("float32", (32, 64, 112, 112), "NCHW")
PLANE = Data("float32", (4096, 4096), "HW")
VOLUME = Data("float32", (1, 16, 64, 128, 128), "NCDHW")
SIGNAL = Data("float32", (16, 256, 4096), "NCL")
SMALL = Data("float32", (1, 64, 56, 56), "NCHW")
SCENE = Data("float32", (1, 256, 56, 56), "NCHW")

TABLE: dict[Data, tuple[str, ...]] = {
    PHOTO: (
        "max -k 2",
        "max -k 3 -s 2 -p 1",
        "avg -k 2 --dtype uint8",
        "avg -k 5 --dtype uint8",
        "median -k 3 --dtype uint8",
    ),
    GRAY: (
        "max -k 31 -s 1",
        "median -k 3 -s 1 --dtype uint8",
        "median -k 7 -s 1 --dtype uint8",
        "mode -k 4",
        "trimmed -k 5 --dtype float32",
        "circmean -k 4 --period 256 --dtype float32",
        "max -k 3 -s 1 -p 1 --border wrap",
        "max -k 15 -s 1 -p same --border edge --footprint disk",
        "median -k 5 -s 1 -p same --border edge --footprint disk --dtype uint8",
        "avg --area 1100x1500 --dtype uint8",
    ),
    MAPS: (
        "max -k 2",
        "max -k 3 -s 2 -p 1",
        "max -k 3 -s 1 -p 1",
        "avg -k 2",
        "avg -k 3 -s 2 -p 1",
        "avg -k 3 -s 1 -p 1",
        "lp -k 3 -s 2",
        "max --adaptive 7",
        "avg --adaptive 7",
        "avg --global",
    ),
    PLANE: ("max -k 63 -s 1", "avg -k 63 -s 1", "avg --area 1500", "circmean -k 4 --period 1"),
    VOLUME: ("max -k 2",),
    SIGNAL: ("avg -k 4",),
    SMALL: ("max -k 2",),
    SCENE: ("roi-align --boxes BOXES --output-size 7",),
}
LINES = tuple(Line(data, text) for data, texts in TABLE.items() for text in texts)


def boxes(height: int, width: int, count: int = 1000) -> np.ndarray:
    """Boxes x1, y1, x2, y2 inside a map, a quarter of it to all of it on each side."""
    random = np.random.default_rng(1)
    size = np.array([width - 1, height - 1]) * random.uniform(0.25, 1, (count, 2))
    start = random.uniform(0, 1, (count, 2)) * ([width - 1, height - 1] - size)
    return np.concatenate([start, start + size], axis=1).astype("float32")
