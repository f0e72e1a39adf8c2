"""What GDAL does by rasterio (the extra `geo`): overviews, cloud optimised files, and the keys of a
coordinate reference system that came from another format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO
from warnings import filterwarnings

from poolcli.errors import FileError, PoolError
from poolcli.io.damage import DECODER_ERRORS, one_line
from poolcli.io.sink import PackingSink, Sink
from poolcli.io.source import Region
from poolcli.io.tiff.directory import directories
from poolcli.io.tiff.geo import GeoKeys, keys_of
from poolcli.maps.array import Array
from poolcli.resources.extras import extra

_PLACE = (2.0, 0.0, 0.0, 0.0, -2.0, 0.0)  # GDAL warns of an image that is nowhere
# Megabytes of blocks that GDAL keeps: by default a twentieth of the memory of the machine. A row of
# blocks of an image of 60,000 pixels of 16 bits takes 64.
_CACHE = 64
OPTIONS = ("overviews", "cog", "resampling")


class GdalSink:
    """A TIFF that GDAL makes of another one, with overviews or as a cloud optimised GeoTIFF."""

    def __init__(
        self,
        target: BinaryIO,
        open_inner: Callable[[BinaryIO], Sink],
        options: Mapping[str, Any],
    ) -> None:
        extra("geo", "a TIFF with overviews")
        self._target = target
        self._options = options
        self._folder = TemporaryDirectory()
        self._path = Path(self._folder.name) / "plain.tif"
        self._stream = self._path.open("w+b")
        self._inner = open_inner(self._stream)

    def write(self, number: int, region: Region, values: Array) -> None:
        """Take the values of a region."""
        self._inner.write(number, region, values)

    def packed(self, number: int, region: Region, values: Array) -> Callable[[], None]:
        """What writes the values of a region, which are packed already where they can be."""
        if isinstance(self._inner, PackingSink):
            return self._inner.packed(number, region, values)
        return partial(self._inner.write, number, region, values)

    def finish(self) -> None:
        """Let GDAL make the file."""
        self._inner.finish()
        self._stream.close()
        rasterio = extra("geo", "a TIFF with overviews")
        try:
            with (
                rasterio.Env(GDAL_CACHEMAX=_CACHE),
                _made(self._path, self._options).open("rb") as made,
            ):
                copyfileobj(made, self._target)
        except PoolError:
            raise
        except DECODER_ERRORS as error:
            raise FileError(
                f"GDAL cannot write it ({one_line(error)}): leave overviews and cog out"
            ) from error
        finally:
            self._folder.cleanup()


def _made(path: Path, options: Mapping[str, Any]) -> Path:
    """The path of the file that GDAL has made."""
    rasterio = extra("geo", "a TIFF with overviews")
    # An image need not be a map of the ground.
    filterwarnings("ignore", category=rasterio.errors.NotGeoreferencedWarning)
    method = options.get("resampling", "nearest")
    if options.get("cog"):
        return _cloud_optimised(path, method, options)
    factors = [2**level for level in range(1, options.get("overviews", 0) + 1)]
    with rasterio.open(path, "r+") as file:
        file.build_overviews(factors, getattr(rasterio.enums.Resampling, method))
    return path


def _cloud_optimised(path: Path, method: str, options: Mapping[str, Any]) -> Path:
    rasterio = extra("geo", "a cloud optimised GeoTIFF")
    from rasterio.shutil import copy

    with rasterio.open(path) as file:
        compression = file.compression.value if file.compression else "NONE"
        sides = file.block_shapes[0] if file.profile["tiled"] else (512, 512)
        predicts = file.tags(ns="IMAGE_STRUCTURE").get("PREDICTOR", "1") != "1"
        has_levels = bool(file.overviews(1))
    made = path.with_name("cog.tif")
    more: dict[str, Any] = {}
    if has_levels:
        more["overviews"] = "FORCE_USE_EXISTING"
    elif "overviews" in options:
        more["overview_count"] = options["overviews"]
    copy(
        path,
        made,
        driver="COG",
        compress=compression,
        blocksize=max(128, min(sides)),
        predictor="YES" if predicts else "NO",
        overview_resampling=method,
        **more,
    )
    return made


def keys_of_crs(name: str) -> GeoKeys | None:
    """The keys that say a coordinate reference system; None if GDAL does not know it."""
    rasterio = extra("geo", "the coordinate reference system of a TIFF")
    stream = BytesIO()
    try:
        with rasterio.io.MemoryFile() as file:
            profile = {"width": 1, "height": 1, "count": 1, "dtype": "uint8", "crs": name}
            with file.open(driver="GTiff", **profile, transform=rasterio.Affine(*_PLACE)):
                pass
            stream.write(file.read())
    except (rasterio.errors.CRSError, rasterio.errors.RasterioError):
        return None
    return keys_of(directories(stream)[0])
