"""The signature of the extension; its docstring tells the rest."""

from poolcli.maps.array import Array

def unfilter(
    rows: bytes | memoryview, image: Array, width: int, first: int, step: int, /
) -> None: ...
