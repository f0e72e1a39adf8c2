"""Draw the sample inputs, the same on every machine: `python samples/draw.py [FOLDER]`.

Chance comes from the raw words of PCG64, a stream NumPy keeps for good, and everything else from
operations that IEEE 754 rounds exactly (+ - * / sqrt): no libm, no floating sums, whose last bits
differ between machines.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageFont

# --- chance ---


def words(seed, shape):
    """The first raw 64-bit words of a seed."""
    return np.random.PCG64(seed).random_raw(int(np.prod(shape))).reshape(shape)


def uniform(seed, shape):
    """Numbers in [0, 1)."""
    return (words(seed, shape) >> np.uint64(11)) * 2.0**-53


def grain(seed, shape):
    """Bell-shaped noise of mean 0 and deviation 1: the four quarters of a word, added."""
    quarters = words(seed, (*shape, 1)).astype("<u8").view("<u2").astype(np.int64)
    return (quarters.sum(-1) - 2 * 65535) / 37837


def smooth(seed, shape, cell):
    """Random heights in [0, 1) at every cell's corner, blended between."""
    down, along = (np.arange(n) / c for n, c in zip(shape, cell, strict=True))
    (row, y), (column, x) = ((t.astype(int), fade(t % 1)) for t in (down, along))
    corners = uniform(seed, (row[-1] + 2, column[-1] + 2))
    left, right = (
        mix(corners[row][:, c], corners[row + 1][:, c], y[:, None]) for c in (column, column + 1)
    )
    return mix(left, right, x)


def clouds(seed, shape, cell, octaves=4):
    """Smooth noise of halving cells and halving weights, about .5."""
    layers = (
        smooth(seed + i, shape, [max(c / 2**i, 1) for c in cell]) / 2**i for i in range(octaves)
    )
    return sum(layers) / (2 - 2.0 ** (1 - octaves))


def ridge(seed, width, cell, heights, octaves=4):
    """A skyline: a height for every column."""
    return mix(*heights, clouds(seed, (1, width), (1, cell), octaves)[0])


# --- shapes ---


def mix(a, b, t):
    """From a (t = 0) to b (t = 1)."""
    return a + (b - a) * t


def fade(t):
    """An S from 0 to 1."""
    t = np.clip(t, 0, 1)
    return t * t * (3 - 2 * t)


def bump(t):
    """A bell of height 1 that ends at -1 and 1."""
    rest = np.clip(1 - t * t, 0, None)
    return rest * rest * rest


def cosine(turns):
    """cos(2*pi*turns), to 1e-9, from its series about the quarter turn."""
    t = (np.abs((turns + 0.5) % 1 - 0.5) - 0.25) * 6.283185307179586
    square, series = t * t, 0.0
    for n in (10, 8, 6, 4, 2):
        series = (1 + series) * -square / (n * (n + 1))
    return -t * (1 + series)


def grid(shape):
    """Every pixel's row and column."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return y.astype(float), x.astype(float)


def ellipse(shape, y, x, ry, rx):
    """How much of each pixel an ellipse covers."""
    down, along = grid(shape)
    down, along = (down - y) / ry, (along - x) / rx
    return np.clip((1 - np.sqrt(down * down + along * along)) * min(ry, rx) + 0.5, 0, 1)


def reach(shape, y, x, radius):
    """1 at a point, 0 at a distance, below 0 beyond."""
    down, along = grid(shape)
    return 1 - np.sqrt((down - y) * (down - y) + (along - x) * (along - x)) / radius


def polygon(shape, *corners):
    """How much of each pixel a convex polygon covers; corners (y, x) go clockwise."""
    y, x = grid(shape)
    inside = np.full(shape, np.inf)
    for (y0, x0), (y1, x1) in zip(corners, (*corners[1:], corners[0]), strict=True):
        dy, dx = y1 - y0, x1 - x0
        inside = np.minimum(inside, ((y - y0) * dx - (x - x0) * dy) / np.sqrt(dx * dx + dy * dy))
    return np.clip(inside + 0.5, 0, 1)


def box(shape, top, left, bottom, right):
    """How much of each pixel an upright rectangle covers."""
    return polygon(shape, (top, left), (top, right), (bottom, right), (bottom, left))


def below(shape, skyline):
    """How much of each pixel lies under a skyline."""
    return np.clip(grid(shape)[0] - skyline + 0.5, 0, 1)


def paint(canvas, cover, colour, light=1):
    """Lay a colour, or a picture, under a light over a canvas, where a cover says."""
    canvas += cover[..., None] * (shade(colour, light) - canvas)


def shade(colour, light):
    """A colour under a light that may differ from pixel to pixel."""
    return np.asarray(colour) * np.asarray(light)[..., None]


def octets(values):
    """Whole numbers from 0 to 255."""
    return np.rint(np.clip(values, 0, 255)).astype(np.uint8)


# --- night sky ---


def stars():
    """A night sky over pines: most stars are one or two pixels."""
    shape = 320, 480
    y, x = grid(shape)
    milky = bump((x * 0.8 - y - 60) / 190) * clouds(11, shape, (60, 60), 5)
    sky = 8 + 16 * (y / 320) * (y / 320) + 52 * milky * milky + 2.4 * grain(12, shape)
    for row, column, power in starlight(13, 210, shape):
        sky[row - 2 : row + 3, column - 2 : column + 3] += power * spread(power)
    return Image.fromarray(octets(mix(sky, 4 + grain(14, shape), below(shape, pines(15, 480)))))


def starlight(seed, count, shape):
    """Where the stars are and how bright: many faint ones, few bright ones."""
    rows, columns, powers = uniform(seed, (3, count))
    places = (4 + rows * (shape[0] - 8)).astype(int), (4 + columns * (shape[1] - 8)).astype(int)
    return zip(*places, 70 + 330 * powers * powers * powers * powers, strict=True)


def spread(power):
    """A star's light on 5 x 5 pixels: one pixel or two when it is faint, a small cross when it is
    bright.
    """
    cast = np.zeros((5, 5))
    cast[2, 2] = 1
    cast[2, 3] = 0.45 * (int(power) % 2)
    if power > 180:
        near, far = ([1, 2, 2, 3], [2, 1, 3, 2]), ([0, 2, 2, 4], [2, 0, 4, 2])
        cast[near], cast[far] = 0.4, 0.12
    return cast


def pines(seed, width):
    """The skyline of a wooded hill."""
    hill = line = ridge(seed, width, 200, (312, 272))
    for place, size in zip(*uniform(seed + 9, (2, 60)), strict=True):
        root, tall = int(place * width), 12 + 26 * size
        drop = np.abs(np.arange(width) - root) * 3.2
        line = np.where(drop < tall, np.minimum(line, hill[root] - tall + drop - drop % 5), line)
    return line


# --- scanned page ---

PROSE = """\
Of every block of pixels one number is kept, and which one it is decides what the small picture \
can still say. On a page
the paper is bright and the ink is dark and thin. The mean of a block with one thin stroke in it \
is nearly the mean of
the paper, so the stroke turns gray at the first halving and is gone at the third. The least of \
the block is the ink
itself, and it stays as black as it was written, however often the page is made smaller. Letters \
close up, for ink grows
by what the paper loses, but a line that was drawn is still a line. At night all this is turned \
around: the sky is dark,
the stars are small and bright, and it is the greatest of the block that keeps them."""


def page():
    """A scanned sheet: type, a ruled table and a plotted curve, all in strokes of one pixel."""
    shape = 640, 480
    ink = np.zeros(shape, bool)
    for row, text in enumerate(fill(PROSE, 64)):
        write(ink, 96 + 15 * row, 48, text)
    write(ink, 52, 147, "ON KEEPING THE LEAST OF A BLOCK")
    ink[70, 135:345] = True
    plot(ink[310:460, 60:420])
    write(ink, 470, 60, "Fig. 1. A stroke's gray, block by block: ink keeps, paper wins.")
    table(
        ink[510:575, 60:421], ["block,mean,least", "2 x 2,143,58", "4 x 4,186,58", "8 x 8,207,58"]
    )
    write(ink, 606, 231, "12")
    return Image.fromarray(scan(ink))


def fill(text, width):
    """Lines of at most so many letters."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] += word + " "
    return lines


def write(ink, row, column, text):
    """Set one line of type, its stems thinned to one pixel."""
    mask = ImageFont.load_default_imagefont().getmask(text)
    width, height = mask.size
    bold = np.array(mask).reshape(height, width) > 0
    ink[row : row + height, column : column + width] |= bold & ~spare(bold)


def spare(bold):
    """The pixel too many of every upright that is two wide: the inner one of a letter's two sides,
    below its top.
    """
    left2, left, right, right2 = (
        np.pad(bold, ((0, 0), (2, 2)))[:, i : i + bold.shape[1]] for i in (0, 1, 3, 4)
    )
    place = np.arange(bold.shape[1]) % 6
    second = bold & (
        (left & ~left2 & ~right & (place <= 3)) | (right & ~right2 & ~left & (place >= 3))
    )
    return second & np.pad(second, ((1, 0), (0, 0)))[:-1]


def plot(ink):
    """Axes with ticks, a dotted grid, and three named curves."""
    height, width = ink.shape
    ink[:, 0] = ink[-1, :] = True
    ink[::30, :4] = ink[-5:, ::30] = True
    ink[::30, ::5] = ink[::5, ::30] = True
    x = np.arange(width) / width
    trace(ink, height * (0.2 + 0.04 * cosine(x * 4) * (1 - x)))
    trace(ink, height * (0.93 - 0.64 * x / (0.16 + x)))
    trace(ink, height * (0.93 + 0.006 * cosine(x * 9)))
    for row, name in ((15, "paper"), (72, "mean"), (123, "least")):
        write(ink, row, 315, name)


def trace(ink, line):
    """Mark a curve, a row for every column, without gaps."""
    rows = np.rint(line).astype(int)
    low, high = np.minimum(rows[:-1], rows[1:]), np.maximum(rows[:-1], rows[1:])
    y = np.arange(ink.shape[0])[:, None]
    ink[:, :-1] |= (y >= low) & (y < np.maximum(high, low + 1))


def table(ink, rows):
    """Rule a table and fill in its words."""
    ink[::16] = True
    ink[:, ::120] = True
    for i, row in enumerate(rows):
        for j, word in enumerate(row.split(",")):
            write(ink, 16 * i + 4, 120 * j + 10, word)


def scan(ink):
    """The sheet as a scanner sees it: a little askew, shaded at the fold, with fibres, a mug's
    ring, and grain.
    """
    y, x = grid(ink.shape)
    skew = np.clip(y.astype(int) - np.arange(480) // 120, 0, None)
    ring = ellipse(ink.shape, 548, 372, 62, 60) - ellipse(ink.shape, 549, 373, 57, 56)
    paper = (
        236
        - 10 * clouds(21, ink.shape, (200, 200))
        - 5 * smooth(22, ink.shape, (2, 5))
        - 44 * bump(x / 70)
    )
    black = 44 + 30 * smooth(23, ink.shape, (9, 9))
    stained = paper - 60 * ring * clouds(24, ink.shape, (30, 30))
    return octets(np.where(ink[skew, x.astype(int)], black, stained) + 1.5 * grain(25, ink.shape))


# --- land cover ---

LAND = {
    "water": (58, 110, 165),
    "marsh": (120, 170, 160),
    "meadow": (176, 208, 110),
    "crop": (240, 214, 120),
    "soil": (176, 134, 96),
    "forest": (42, 110, 62),
    "building": (200, 60, 60),
    "road": (60, 60, 66),
}
WATER, MARSH, MEADOW, CROP, SOIL, FOREST, BUILDING, ROAD = range(8)


def labels():
    """A land-cover map: parcels, woods, a river, a village, and roads one pixel wide. A pixel is a
    class, no colour.
    """
    shape = 384, 512
    land = parcels(31, shape)
    land[clouds(32, shape, (120, 120), 5) > 0.6] = FOREST
    y, x = grid(shape)
    bank = np.abs(x - ridge(33, 384, 130, (90, 300), 5)[:, None]) - 3 - y / 80
    land[(bank < 22 * smooth(34, shape, (24, 24)) - 9) & (land != FOREST)] = MARSH
    village(land, bank)
    land[bank < 0] = WATER
    land[reach(shape, 322, 425, 60) + 2 * (clouds(35, shape, (32, 40)) - 0.5) > 0.4] = WATER
    for line, across in roads():
        ways = np.zeros(shape, bool)
        trace(ways.T if across else ways, line)
        land[ways] = ROAD
    image = Image.fromarray(land)
    image.putpalette([channel for colour in LAND.values() for channel in colour])
    return image


def roads():
    """Curves, and whether they run down the map instead of along it."""
    yield ridge(36, 512, 260, (60, 300), 2), False
    yield ridge(37, 512, 200, (300, 420), 2), False
    yield ridge(38, 384, 240, (240, 520), 2), True
    yield ridge(39, 384, 150, (-40, 160), 2), True


def parcels(seed, shape):
    """Fields about scattered points, with wavering borders; each grows one thing."""
    y, x = grid(shape)
    y, x = (axis + 10 * clouds(seed + i, shape, (50, 50)) for i, axis in enumerate((y, x)))
    nearest, field = np.full(shape, np.inf), np.zeros(shape, np.uint8)
    for row, column, kind in uniform(seed + 2, (130, 3)) * (*shape, 5):
        distance = (y - row) * (y - row) + (x - column) * (x - column)
        field[distance < nearest] = (MEADOW, MEADOW, CROP, CROP, SOIL)[int(kind)]
        nearest = np.minimum(nearest, distance)
    return field


def village(land, bank):
    """Small houses, thinning out from the middle, none in the river."""
    y, x = (
        mean + spread * grain(40 + i, (230,))
        for i, (mean, spread) in enumerate([(158, 26), (350, 42)])
    )
    sides = 2 + (uniform(42, (2, 230)) * 3.5).astype(int)
    for row, column, tall, wide in zip(y.astype(int), x.astype(int), *sides, strict=True):
        if bank[row, column] > 8:
            land[row : row + tall, column : column + wide] = BUILDING


# --- zone plate ---


def zone():
    """Rings that narrow to two pixels at the middle of each side: skip pixels, and rings appear
    that are not there.
    """
    size = 352
    odd = 2 * np.arange(size) - size + 1
    square = odd * odd
    return Image.fromarray(
        octets(127.5 + 127.5 * cosine((square[:, None] + square) % (8 * size) / (8 * size)))
    )


# --- scene ---

SCENE = 384, 512


def scene():
    """A house with a fence and a tree before hills in the evening."""
    canvas = sky(SCENE)
    hills(canvas)
    house(canvas)
    tree(canvas)
    fence(canvas)
    return Image.fromarray(octets(canvas))


def sky(shape):
    """Blue above, warm below, a sun and its glow, streaks of cloud."""
    y, x = grid(shape)
    canvas = mix(np.array([84, 140, 206]), np.array([250, 214, 170]), fade(y / 215)[..., None])
    distance = (y - 72) * (y - 72) + (x - 326) * (x - 326)
    paint(canvas, 0.75 / (1 + distance / 2600), (255, 236, 190))
    paint(
        canvas,
        0.8 * fade((clouds(51, shape, (44, 170), 5) - 0.5) * 5) * fade(1.3 - y / 200),
        (255, 246, 238),
    )
    paint(canvas, ellipse(shape, 72, 326, 22, 22), (255, 250, 224))
    return canvas


def hills(canvas):
    """Mountains with snow, three hills that are greener the nearer they are, a meadow, a path."""
    y, _ = grid(SCENE)
    peaks = ridge(54, 512, 150, (222, 78), 6)
    rock = shade((124, 132, 158), 0.78 + 0.44 * clouds(56, SCENE, (40, 26), 5))
    paint(
        rock,
        0.9 * fade((mix(peaks, 150, 0.7) - 22 + 44 * clouds(57, SCENE, (26, 10), 3) - y) / 7),
        (240, 242, 250),
    )
    paint(canvas, below(SCENE, peaks), rock)
    for i, colour in enumerate([(118, 150, 128), (98, 140, 88), (84, 134, 66)]):
        line = ridge(60 + i, 512, 220 - 30 * i, (236 + 22 * i, 176 + 38 * i), 3)
        paint(
            canvas,
            below(SCENE, line),
            colour,
            0.8 + 0.4 * clouds(64 + i, SCENE, (7 + 3 * i, 14), 3),
        )
    grass = 0.72 + 0.32 * smooth(68, SCENE, (9, 2)) + 0.22 * clouds(69, SCENE, (30, 80))
    paint(canvas, below(SCENE, ridge(70, 512, 90, (286, 292))), (98, 148, 58), grass)
    path = polygon(SCENE, (300, 176), (300, 196), (384, 268), (384, 172))
    paint(canvas, path, (206, 184, 146), 0.8 + 0.3 * smooth(71, SCENE, (3, 5)))


def house(canvas):
    """Boarded walls, a tiled roof, a chimney, a door, and two windows."""
    y, x = grid(SCENE)
    paint(canvas, box(SCENE, 142, 222, 190, 242), (150, 84, 70), 1 - 0.25 * (y % 5 < 1))
    paint(canvas, box(SCENE, 202, 104, 302, 268), (238, 226, 204), 1 - 0.13 * (y % 8 < 1))
    tiles = (
        1
        - 0.22 * (y % 6 < 1)
        - 0.14 * ((x + y // 6 % 2 * 6) % 12 < 1)
        + 0.2 * (smooth(73, SCENE, (6, 12)) - 0.5)
    )
    paint(
        canvas, polygon(SCENE, (150, 128), (150, 244), (208, 282), (208, 90)), (176, 74, 58), tiles
    )
    paint(canvas, box(SCENE, 207, 94, 210, 278), (104, 54, 46))
    paint(canvas, box(SCENE, 244, 174, 302, 198), (92, 62, 44), 1 - 0.3 * (x % 8 < 1))
    paint(canvas, ellipse(SCENE, 275, 193, 1.6, 1.6), (236, 200, 96))
    for left in (120, 214):
        window(canvas, y - 228, x - left)


def window(canvas, y, x):
    """A lit window of 34 x 40: frame, sill, panes, and bars one pixel wide."""
    inside = (y >= 0) & (y < 34) & (x >= 0) & (x < 40)
    paint(canvas, (y >= -3) & (y < 37) & (x >= -3) & (x < 43), (250, 248, 242))
    paint(canvas, (y >= 36) & (y < 39) & (x >= -6) & (x < 46), (208, 200, 184))
    paint(canvas, inside, (250, 206, 116), 1.05 - y / 130)
    paint(canvas, inside & ((x % 10 == 0) | (y % 11 == 0)), (96, 72, 54))


def tree(canvas):
    """A trunk under clumps of leaves, lit from above."""
    bark = 0.75 + 0.5 * smooth(81, SCENE, (14, 3))
    paint(
        canvas, polygon(SCENE, (220, 400), (220, 412), (330, 420), (330, 392)), (96, 70, 50), bark
    )
    leaves = 0.45 + 0.75 * smooth(82, SCENE, (3, 3)) + 0.35 * clouds(83, SCENE, (18, 18), 2)
    edge = clouds(84, SCENE, (9, 9), 3) - 0.5
    clumps = (
        (158, 408, 46),
        (184, 380, 44),
        (180, 436, 44),
        (208, 448, 38),
        (210, 368, 38),
        (222, 408, 40),
    )
    for row, column, radius in clumps:
        light = 0.78 + 0.36 * fade((row + radius * 0.6 - grid(SCENE)[0]) / (1.6 * radius))
        paint(
            canvas,
            fade(6 * reach(SCENE, row, column, radius) + 5.4 * edge),
            (70, 120, 48),
            leaves * light,
        )


def fence(canvas):
    """Two rails and pointed pickets along the foreground, with a gap for the path."""
    _, x = grid(SCENE)
    wood = 0.93 + 0.1 * smooth(91, SCENE, (11, 4))
    for left, right in ((0, 166), (272, 512)):
        for rail in (334, 360):
            paint(canvas, box(SCENE, rail, left, rail + 4, right), (222, 220, 212), wood)
        for post in range(left + 4, right - 6, 15):
            corners = (326, post), (319, post + 3.5), (326, post + 7), (377, post + 7), (377, post)
            paint(
                canvas,
                polygon(SCENE, *corners),
                (246, 244, 236),
                wood * (1 - 0.18 * (x > post + 5)),
            )


# --- sprite ---

SPRITE = 224, 176


def sprite():
    """A balloon on nothing: its edges fade out, and what is not there is hidden green, as editors
    leave it.
    """
    colour, cover = shade((0, 255, 0), np.ones(SPRITE)), np.zeros(SPRITE)
    for part, hue in balloon():
        colour = np.where(octets(255 * part)[..., None], hue, colour)
        cover = np.maximum(cover, part)
    return Image.fromarray(octets(np.dstack([colour, 255 * cover])))


def balloon():
    """The parts from back to front: how much of each pixel they cover, and their colour."""
    y, x = grid(SPRITE)
    for side in (-1, 1):
        yield rope((150, 88 + side * 40), (186, 88 + side * 11)), (70, 48, 36)
        yield rope((160, 88 + side * 12), (186, 88 + side * 5)), (70, 48, 36)
    weave = 0.85 + 0.3 * ((x // 3 + y // 3) % 2)
    yield polygon(SPRITE, (186, 74), (186, 102), (207, 99), (207, 77)), shade((150, 98, 52), weave)
    yield envelope(y, x), gores(y, x)


def rope(top, bottom):
    """A line down from one point to another, less than a pixel wide."""
    (y0, x0), (y1, x1) = top, bottom
    return polygon(SPRITE, (y0, x0 - 0.4), (y0, x0 + 0.4), (y1, x1 + 0.4), (y1, x1 - 0.4))


def envelope(y, x):
    """A globe drawn down to a mouth, fading out over some pixels."""
    t = np.clip((y - 84) / 82, -1, 1)
    half = 76 * np.sqrt(1 - t * t)
    half = np.where(y > 84, np.maximum(half * (1 - 0.12 * t), 14), half)
    rim = np.minimum(half - np.abs(x - 88), 1.6 * (y - 3))
    return fade((rim + 2) / 7) * (y < 165)


def gores(y, x):
    """Coloured stripes that bend with the globe, lit from the upper left."""
    t = np.clip((y - 84) / 84, -0.99, 0.99)
    across = (x - 88) / (77 * np.sqrt(1 - t * t))
    red, cream, gold = (206, 58, 50), (244, 238, 222), (250, 196, 72)
    stripes = np.array([red, gold, red, cream, red, gold, red])
    stripe = np.searchsorted([-0.9, -0.62, -0.22, 0.22, 0.62, 0.9], across)
    return shade(
        stripes[stripe],
        1.08 - 0.22 * (across + 0.35) * (across + 0.35) - 0.18 * (t + 0.3) * (t + 0.3),
    )


# --- feature map ---


def edges():
    """How strongly the scene's quarter-size luma rises in eight directions: 1 x 8 x 96 x 128, exact
    in float32.
    """
    luma = np.asarray(scene()).astype(np.int64) @ [299, 587, 114] // 1000
    rows, columns = SCENE[0] // 4, SCENE[1] // 4
    small = np.pad(luma.reshape(rows, 4, columns, 4).sum((1, 3)), 1, mode="edge")
    ring = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
    around = np.stack([small[i : i + rows, j : j + columns] for i, j in ring])
    rises = [
        sum(w * around[(turn + i) % 8] for i, w in enumerate((1, 2, 1, 0, -1, -2, -1, 0)))
        for turn in range(8)
    ]
    return (np.maximum(rises, 0)[None] / 2**14).astype("<f4")


# --- sequence ---


def sequence():
    """Sixteen seconds of an electrocardiogram, in millivolts, 128 samples a second: R waves are
    three samples wide.
    """
    t = np.arange(2048.0)
    wander = 0.16 * (clouds(111, (1, 2048), (1, 500), 3)[0] - 0.5) + 0.012 * grain(112, (2048,))
    beats = sum(beat(t - 60 - 101 * i - 14 * late) for i, late in enumerate(uniform(113, (20,))))
    return (np.rint((wander + beats) * 1024) / 1024).astype("<f4")


def beat(t):
    """One heartbeat about its R wave: P, Q, R, S, T."""
    waves = ((-21, 9, 0.13), (-3.2, 2.4, -0.12), (0, 2.9, 1.35), (3.4, 2.8, -0.3), (34, 19, 0.3))
    return sum(height * bump((t - centre) / width) for centre, width, height in waves)


# --- depth ---

ROOM = ((-1.9, -1.4, 0.0), (2.2, 1.1, 4.0))
FURNITURE = (
    ((-0.25, 0.30, 2.10), (1.25, 0.36, 2.90)),  # table top, then its legs
    *(((x, 0.36, z), (x + 0.05, 1.1, z + 0.05)) for x in (-0.22, 1.17) for z in (2.13, 2.82)),
    ((-1.9, -0.7, 2.6), (-1.45, 1.1, 4.0)),  # cupboard
    ((-1.05, 0.62, 1.75), (-0.6, 0.68, 2.2)),  # chair: seat, back, legs
    ((-1.05, 0.05, 1.75), (-1.0, 0.62, 2.2)),
    *(((x, 0.68, z), (x + 0.04, 1.1, z + 0.04)) for x in (-1.05, -0.64) for z in (1.75, 2.16)),
    ((0.75, -1.4, 2.5), (0.765, -0.62, 2.515)),  # lamp's cord
)


def depth():
    """A depth camera's view of a room, in tenths of a millimetre; 0 is no reading: shadows, the
    window, dark specks.
    """
    shape = 240, 320
    down, along = (axis - (n - 1) / 2 for axis, n in zip(grid(shape), shape, strict=True))
    far = room(along / 280, down / 280)
    shift = np.rint(32 * 21 / far + 0.35 * grain(121, shape)) / 32
    tenths = np.rint(210000 / shift)
    tenths[
        shadow(shift) | glass(shape) | (clouds(122, shape, (5, 5), 2) > 0.9 - 0.008 * (far > 3.5))
    ] = 0
    tenths[:, :7] = 0
    return Image.fromarray(tenths.astype(np.uint16))


def room(x, y):
    """How far along each ray the first surface is."""
    rays = x, y, np.ones_like(x)
    walls = [np.where(ray > 0, high, low) / ray for ray, low, high in zip(rays, *ROOM, strict=True)]
    far = np.minimum(np.minimum(walls[0], walls[1]), walls[2])
    for low, high in FURNITURE:
        far = np.minimum(far, block(rays, low, high))
    for ball in ((0.75, -0.5, 2.5, 0.14), (0.15, 0.14, 2.35, 0.16)):
        far = np.minimum(far, sphere(rays, *ball))
    return far


def block(rays, low, high):
    """Where rays enter an upright block, infinity where they miss it."""
    pairs = [(a / ray, b / ray) for ray, a, b in zip(rays, low, high, strict=True)]
    enter, leave = np.full(rays[0].shape, 0.0), np.full(rays[0].shape, np.inf)
    for a, b in pairs:
        enter, leave = np.maximum(enter, np.minimum(a, b)), np.minimum(leave, np.maximum(a, b))
    return np.where(enter < leave, enter, np.inf)


def sphere(rays, x, y, z, radius):
    """Where rays enter a ball, infinity where they miss it."""
    square = rays[0] * rays[0] + rays[1] * rays[1] + 1
    along = rays[0] * x + rays[1] * y + z
    inside = along * along - square * (x * x + y * y + z * z - radius * radius)
    return np.where(inside > 0, (along - np.sqrt(np.clip(inside, 0, None))) / square, np.inf)


def shadow(shift):
    """Pixels the projector cannot reach: something nearer, to the right, is shifted over them."""
    dark = np.zeros(shift.shape, bool)
    for step in range(1, 14):
        dark[:, :-step] |= shift[:, step:] - shift[:, :-step] > step
    return dark


def glass(shape):
    """A window's panes: light goes through, none comes back."""
    y, x = grid(shape)
    return (
        (y > 44) & (y < 104) & (x > 88) & (x < 150) & (np.abs(x - 119) > 2) & (np.abs(y - 72) > 1)
    )


# --- files ---

FILES = {
    "stars.png": stars,
    "page.png": page,
    "labels.png": labels,
    "zone.png": zone,
    "scene.png": scene,
    "sprite.png": sprite,
    "depth.png": depth,
    "edges.npy": edges,
    "sequence.npy": sequence,
}


def draw(folder):
    """Write every sample into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in FILES.items():
        sample = make()
        if isinstance(sample, np.ndarray):
            np.save(folder / name, sample)
        else:
            sample.save(folder / name, optimize=True)


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
