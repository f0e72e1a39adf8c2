"""The type of an array of any shape and dtype."""

from typing import Any

import numpy as np

Array = np.ndarray[tuple[Any, ...], np.dtype[Any]]  # as in numpy.typing, which would slow the start
