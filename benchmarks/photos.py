"""Pictures to work on, the same each time: photographs of scikit-image, enlarged, with the noise of
a camera.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

NAMES = (
    "astronaut",
    "coffee",
    "chelsea",
    "rocket",
    "retina",
    "immunohistochemistry",
    "hubble_deep_field",
    "brick",
)
SIDE, COLUMNS, ROWS = 1000, 4, 3
NOISE = 2.0  # standard deviation, in levels of 255
COUNT, SMALL = 100, (1200, 900)


def photo() -> np.ndarray:
    """Twelve megapixels, 3000x4000x3."""
    tiles = [_tile(number) for number in range(ROWS * COLUMNS)]
    rows = [
        np.concatenate(tiles[start : start + COLUMNS], axis=1)
        for start in range(0, len(tiles), COLUMNS)
    ]
    return np.concatenate(rows)


def _tile(number: int) -> np.ndarray:
    from skimage import data

    pixels = getattr(data, NAMES[number % len(NAMES)])()
    image = Image.fromarray(pixels).convert("RGB")
    side = min(image.size)
    large = image.crop((0, 0, side, side)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    noise = np.random.default_rng(number).normal(0, NOISE, (SIDE, SIDE, 3))
    return np.clip(np.asarray(large) + noise, 0, 255).round().astype(np.uint8)


def drawing() -> np.ndarray:
    """As large, flat colours with straight and round edges."""
    y, x = np.ogrid[:3000, :4000]
    areas = (x // 250 + y // 375) % 7 + 3 * ((x - 2000) ** 2 + (y - 1500) ** 2 < 1200**2)
    colours = np.random.default_rng(0).integers(0, 256, (16, 3), np.uint8)
    return colours[areas]


def make(folder: Path) -> None:
    """Write photo.png, photo.jpg, photo.npy, drawing.png, and folders of small photos: png/ and
    jpg/.
    """
    whole = photo()
    _save(whole, folder / "photo.png")
    _save(whole, folder / "photo.jpg")
    np.save(folder / "photo.npy", np.ascontiguousarray(whole.transpose(2, 0, 1)))
    _save(drawing(), folder / "drawing.png")
    for kind in ("png", "jpg"):
        (folder / kind).mkdir()
    for number, part in enumerate(_parts(whole)):
        _save(part, folder / "png" / f"{number:03}.png")
        _save(part, folder / "jpg" / f"{number:03}.jpg")


def _parts(whole: np.ndarray) -> list[np.ndarray]:
    width, height = SMALL
    random = np.random.default_rng(0)
    corners = random.integers((whole.shape[0] - height, whole.shape[1] - width), size=(COUNT, 2))
    return [whole[top : top + height, left : left + width] for top, left in corners]


def _save(pixels: np.ndarray, path: Path) -> None:
    options = {"quality": 92} if path.suffix == ".jpg" else {"compress_level": 4}
    Image.fromarray(pixels).save(path, **options)
