"""THE TABLE: every operation, by its name.

Its rows are in `reducer_rows` and `own_window_rows`, their options in `options`, and the kinds of
windows in `window_kinds`. The commands and their help, pipeline text, recipes, the tables of the
documentation and the tests all come from here. Nothing here is computed, and nothing is imported
that computes: a row names the engine's function as an entry point, "module:function".
"""

from __future__ import annotations

from poolcli.pipeline.own_window_rows import OWN_WINDOW_ROWS
from poolcli.pipeline.reducer_rows import REDUCER_ROWS

ROWS = (*REDUCER_ROWS, *OWN_WINDOW_ROWS)
OPS = {op.name: op for op in ROWS}
