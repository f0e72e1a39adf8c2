"""A line made ready."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import poolcli
from benchmarks.lines import Line, boxes
from poolcli.analysis.bench.case import Case, case_of
from poolcli.maps.feature_map import FeatureMap


@contextmanager
def opened(line: Line, most: int | None = None) -> Iterator[Case]:
    """The case of a line; its boxes are in a file as long as it is open. PoolError where poolcli
    cannot (yet).
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / "boxes.npy"
        if "BOXES" in line.text:
            np.save(file, boxes(*line.data.sizes(most)[-2:]))
        (step,) = poolcli.parse(line.text.replace("BOXES", str(file))).steps
        yield case_of(step, FeatureMap(line.data.make(most), line.data.layout))
