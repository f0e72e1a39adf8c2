"""Images as arrays."""

import numpy as np
from PIL import Image


def halves(pixels):
    """The blocks of 2 by 2 of an image."""
    height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
    return pixels[: 2 * height, : 2 * width].reshape(height, 2, width, 2, -1)


def load(path):
    return np.asarray(Image.open(path))


def opened(path):
    """The mode, the format and the pixels of an image."""
    with Image.open(path) as image:
        return image.mode, image.format, np.asarray(image)
