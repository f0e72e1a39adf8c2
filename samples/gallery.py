"""Draw the gallery: every picture is a sample, or what the command under it made of one.

`python samples/gallery.py [FOLDER]` writes README.md and the pictures. Pixels are enlarged whole,
nothing is smoothed.
"""

import shlex
import sys
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image, ImageDraw

from poolcli.analysis.drawing.render import render
from poolcli.cli.main import main
from poolcli.io import read

SAMPLES = Path(__file__).parent
WIDE = 480  # pixels of a picture, about
WHITE = (255, 255, 255)


@dataclass(frozen=True)
class Entry:
    """A sample under several commands: `part` is what is looked at, x1 y1 x2 y2 in the sample's
    pixels (None: all).
    """

    title: str
    why: str
    sample: str
    part: tuple[int, int, int, int] | None
    commands: tuple[str, ...]


ENTRIES = (
    Entry(
        "Stars, faint lights, defects: max",
        "The smallest bright thing is what matters. The maximum keeps each star at its full "
        "brightness; the mean spreads it over 16 pixels, and the median is the sky without its "
        "stars.",
        "stars.png",
        (0, 100, 240, 260),
        ("max -k 4", "avg -k 4", "median -k 4"),
    ),
    Entry(
        "Ink on paper: min",
        "Strokes one pixel wide stay black under the minimum and fade under the mean. `gem` of a "
        "high norm would do it for bright strokes on black.",
        "page.png",
        (42, 42, 282, 201),
        ("min -k 3", "avg -k 3"),
    ),
    Entry(
        "Labels stay labels: mode",
        "A mean of class 3 and class 5 is not class 4. The mode keeps the palette and gives each "
        "cell the class most of it has; the mean mixes colours that no class has; the maximum "
        "lets the highest class, the roads, win.",
        "labels.png",
        (120, 80, 360, 240),
        ("mode -k 8", "avg -k 8", "max -k 8"),
    ),
    Entry(
        "Shrinking without rings: blur, avg",
        "Taking every fourth pixel turns fine rings into coarse ones that are not there. A filter "
        "before the stride turns what cannot be shown into gray.",
        "zone.png",
        None,
        ("sample -s 4", "blur --filter 7 -s 4", "avg -k 4"),
    ),
    Entry(
        "Depth with holes: --nodata",
        "0 stands for no reading. Left out, it does not win every window as the smallest depth, "
        "and specks close.",
        "depth.png",
        (60, 40, 300, 200),
        ("min -k 4 --nodata 0", "min -k 4", "avg -k 4 --nodata 0"),
    ),
    Entry(
        "Soft edges: alpha weighs",
        "Under the clear pixels around the balloon lies green. A pixel counts by its alpha, so "
        "none of it shows at the rim.",
        "sprite.png",
        None,
        ("avg -k 4", "max -k 4"),
    ),
    Entry(
        "Where something happens: range, std",
        "Largest minus smallest lights up edges and texture and leaves the sky dark; the standard "
        "deviation is its calmer sibling.",
        "scene.png",
        (0, 100, 360, 340),
        ("range -k 4", "std -k 4", "avg -k 4"),
    ),
    Entry(
        "As bright as before: --linear",
        "Half black, half white, seen from afar, is lighter than the number 128 in an image file: "
        "the numbers are not light. With `--linear` the rings keep their brightness.",
        "zone.png",
        None,
        ("avg -k 8", "avg -k 8 --linear"),
    ),
    Entry(
        "Between maximum and mean: mixed, lse, gem",
        "One number leads from the mean to the maximum: how much of the stars to keep.",
        "stars.png",
        (0, 100, 240, 260),
        ("mixed --alpha 0.3 -k 4", "gem --norm 8 -k 4", "lse --sharpness 0.05 -k 4"),
    ),
    Entry(
        "Down and up again: restore",
        "A pipeline that pools by 8 and comes back to the size it had: as pixels, or smooth.",
        "scene.png",
        (120, 100, 360, 260),
        ("run 'avg -k 8 | restore'", "run 'avg -k 8 | restore --interpolation bilinear'"),
    ),
    Entry(
        "Any size to 7 x 7: adaptive",
        "Eight channels of edges, each in its direction, become the 7 x 7 cells a classifier asks "
        "for. The maximum tells where an edge is, the mean how much of it there is.",
        "edges.npy",
        None,
        ("max --adaptive 7", "avg --adaptive 7"),
    ),
    Entry(
        "Peaks of a signal: max in one dimension",
        "20 heart beats in 2048 values. Pooled by 16, the maximum keeps each R wave's height, and "
        "the mean loses it.",
        "sequence.npy",
        None,
        ("max -k 16", "avg -k 16"),
    ),
)

COMPARED = (
    "compare samples/sprite.png 'max -k 4' 'avg -k 4' 'median -k 4' 'sample -s 4' "
    "'blur --filter 5 -s 4'"
)


def made(command, sample, folder):
    """The map that a command makes of a sample."""
    target = Path(folder) / f"made{Path(sample).suffix}"
    run(f"{command} samples/{sample}", target)
    return read(target)[0]


def run(command, target):
    """Run a command as it is written, which writes the target."""
    try:
        with chdir(SAMPLES.parent):
            main([*shlex.split(command), "-o", str(target), "--overwrite", "--quiet"])
    except SystemExit as end:
        if end.code:
            raise RuntimeError(command) from None


def picture(fmap, original, part):
    """A map, or the part of it that shows `part` of the original, as a picture of the same size as
    all others.
    """
    if fmap.layout == "L":
        return plot(fmap.data, original.data)
    limits = (
        None
        if original.picture is None
        else (float(original.data.min()), float(original.data.max()))
    )
    pixels = render(fmap, limits=limits, background=WHITE).pixels
    shrunk = 1 if original.picture is None else original.form.space[0] // fmap.form.space[0]
    if part is not None:
        x1, y1, x2, y2 = (corner // shrunk for corner in part)
        pixels = pixels[y1:y2, x1:x2]
    times = max(1, round(WIDE / shrunk / pixels.shape[1])) * shrunk
    return Image.fromarray(pixels.repeat(times, 0).repeat(times, 1))


def plot(values, original):
    """A line of values, between the limits of the original."""
    height, (low, high) = 160, (original.min(), original.max())
    image = Image.new("RGB", (WIDE, height), "white")
    across = np.linspace(0, WIDE - 1, len(values))
    down = (high - values) / (high - low) * (height - 9) + 4
    ImageDraw.Draw(image).line(
        list(zip(across.tolist(), down.tolist(), strict=True)), fill=(160, 30, 40), width=1
    )
    return image


def name(entry, number):
    return f"{ENTRIES.index(entry) + 1:02}-{number}.png"


def page():
    """The text around the pictures."""
    lines = [
        "# Gallery",
        "",
        "Each picture is a sample, or what the command under it made of one, enlarged pixel by "
        "pixel to the sample's",
        "size, nothing smoothed. `python samples/gallery.py` draws them again.",
    ]
    for entry in ENTRIES:
        commands = [f"poolcli {command} samples/{entry.sample}" for command in entry.commands]
        cells = [f"`samples/{entry.sample}`", *(f"`{command}`" for command in commands)]
        words = [
            f"![{cell.strip('`')}]({name(entry, number)})" for number, cell in enumerate(cells)
        ]
        lines += ["", f"## {entry.title}", "", entry.why, ""]
        lines += [row(words), "|" + "---|" * len(cells), row(cells)]
    lines += [
        "",
        "## All at once: compare",
        "",
        "Results, what each has lost, and the measures of it.",
        "",
    ]
    lines += ["![poolcli compare](compare.png)", "", f"`poolcli {COMPARED} -o sheet.png`"]
    return "\n".join(lines) + "\n"


def row(cells):
    """A row of a table, in which a pipeline's bars are no borders."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def draw(folder):
    """Write the page and its pictures."""
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(page(), encoding="utf-8")
    with TemporaryDirectory() as rough:
        for entry in ENTRIES:
            (original,) = read(SAMPLES / entry.sample)
            maps = [original, *(made(command, entry.sample, rough) for command in entry.commands)]
            for number, fmap in enumerate(maps):
                picture(fmap, original, entry.part).save(
                    folder / name(entry, number), optimize=True
                )
    run(COMPARED, folder / "compare.png")


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES / "gallery")
