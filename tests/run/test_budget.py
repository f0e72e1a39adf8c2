"""The plan of --max-memory is held against what pooling a file takes, and its words hold."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features
from processes import needs

from poolcli import io
from poolcli.maps.feature_map import FeatureMap
from poolcli.resources.extras import has_extra
from poolcli.resources.memory import read_size

# Prints, for each file, the plan and the highest number of resident bytes beyond those before.
MEASURE = """
import gc, re, sys
from pathlib import Path

import poolcli
from poolcli import io
from poolcli.resources.limits import Budget, limits
from poolcli.run.budget import memory_need
from poolcli.run.expand import InputFile
from poolcli.run.job import Outputs, Settings
from poolcli.run.parallelism import Parallelism
from poolcli.run.plan import plan_jobs
from poolcli.run.resume_log import ResumeLog
from poolcli.run.run_jobs import run_jobs

def status(key):
    return int(re.search(rf"{key}:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) << 10

def outcomes(names, memory):
    outputs = Outputs(output="out/", overwrite=True, memory=memory // len(names))
    settings = Settings(poolcli.parse(text), outputs)
    jobs = plan_jobs([InputFile(Path(name), None) for name in names], settings)
    with ResumeLog(None) as log:
        return list(run_jobs(jobs, Parallelism(executor, 2), log, lambda: False))

text, executor, suffix = sys.argv[1:]
io.allow_pixels(10**9)
outcomes([f"small{suffix}"], 10**10)
pipeline = poolcli.parse(text)
with limits(memory=Budget(10**10), threads=2):
    need = memory_need(pipeline, io.peek(Path(f"large{suffix}")), None).limit
names = [f"large{suffix}"] if executor == "serial" else [f"large{suffix}", f"again{suffix}"]
gc.collect()
Path("/proc/self/clear_refs").write_text("5")
before = status("VmRSS")
(done, *_) = outcomes(names, need * len(names) + len(names))
print(need * len(names), status("VmHWM") - before, done.status, done.reason)
"""
# Prints the plan of two files at once, and the sum of the highest numbers of resident bytes of the
# processes that pool them, beyond those of processes that pool two small files.
MEASURE_WORKERS = """
import re, sys, threading, time
from pathlib import Path

import poolcli
from poolcli import io
from poolcli.resources.limits import Budget, limits
from poolcli.run.budget import memory_need
from poolcli.run.expand import InputFile
from poolcli.run.job import Outputs, Settings
from poolcli.run.parallelism import Parallelism
from poolcli.run.plan import plan_jobs
from poolcli.run.resume_log import ResumeLog
from poolcli.run.run_jobs import run_jobs

def workers(parent):
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        for child in task.read_text().split():
            yield child
            yield from workers(child)

def look(peaks, is_over):
    while not is_over.wait(0.005):
        try:
            for pid in workers("self"):
                status = Path(f"/proc/{pid}/status").read_text()
                found = re.search(r"VmHWM:\\s+(\\d+)", status)
                peaks[pid] = max(peaks.get(pid, 0), int(found[1]) << 10 if found else 0)
        except OSError:  # one that has ended meanwhile
            pass

def peak(names, memory):
    peaks, is_over = {}, threading.Event()
    looking = threading.Thread(target=look, args=(peaks, is_over))
    looking.start()
    outputs = Outputs(output="out/", overwrite=True, memory=memory // len(names))
    settings = Settings(poolcli.parse(text), outputs)
    jobs = plan_jobs([InputFile(Path(name), None) for name in names], settings)
    with ResumeLog(None) as log:
        done = list(run_jobs(jobs, Parallelism(executor, 2), log, lambda: False))
    is_over.set()
    looking.join()
    assert {each.status for each in done} == {"done"}, done
    return sum(sorted(peaks.values())[-2:])

if __name__ == "__main__":
    text, executor, suffix = sys.argv[1:]
    with limits(memory=Budget(10**10), threads=1):
        need = memory_need(poolcli.parse(text), io.peek(Path(f"large{suffix}")), None).limit
    small = peak([f"small{suffix}", f"little{suffix}"], 10**10)
    large = peak([f"large{suffix}", f"again{suffix}"], 2 * need + 2)
    print(2 * need, large - small)
"""
STEPS = ["max -k 1", "pyramid --op avg --levels 2"]
MODES = {
    "png": ("RGB", "RGBA", "L", "LA", "P", "1", "I;16"),
    "jpg": ("RGB", "L"),
    "bmp": ("RGB",),
    "webp": ("RGBA",),
    "avif": ("RGB",),
    "jp2": ("RGB", "L"),
    "gif": ("P",),
    "tiff": ("RGB", "L"),
    "qoi": ("RGB",),
    "npy": ("L",),
    "pfm": ("F",),
}
FRAMES = {"gif": "P", "webp": "RGBA", "png": "RGBA", "tiff": "RGB", "avif": "RGB"}
SLACK = 6_000_000  # bytes of code and of stacks, which are loaded when they are needed
SIZES = {"small": (64, 48), "large": (1200, 1000), "again": (1200, 1000)}


def picture(mode, size):
    rng, (width, height) = np.random.default_rng(0), size
    slope = np.add.outer(np.arange(height), np.arange(width)) // 8
    layers = np.stack([slope + 40 * each for each in range(4)], axis=-1) % 256
    pixels = (layers ^ rng.integers(0, 4, layers.shape)).astype(np.uint8)
    if mode == "I;16":
        return Image.fromarray(pixels[..., 0].astype(np.uint16) * 200)
    colours = Image.fromarray(pixels, "RGBA")
    return colours.convert("RGB").convert(mode) if mode != "RGBA" else colours


def save(path, mode, size):
    if path.suffix == ".npy":
        np.save(path, np.asarray(picture("L", size)))
    elif path.suffix == ".pfm":
        values = np.asarray(picture("L", size)).astype("<f4")
        path.write_bytes(b"Pf\n%d %d\n-1\n" % size + values.tobytes())
    else:
        picture(mode, size).save(path, **({"lossless": True} if path.suffix == ".webp" else {}))


def measured(folder, suffix, text, executor="serial"):
    """The plan, and what it took."""
    if not os.access("/proc/self/clear_refs", os.W_OK):
        pytest.skip("this system does not tell the memory of a process")
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", MEASURE, text, executor, suffix],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        # Freed memory goes back to the system at once, so that it is not counted as free before.
        env=os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert ran.returncode == 0, ran.stderr
    need, peak, status, *reason = ran.stdout.split(maxsplit=3)
    assert status == "done", reason
    return int(need), int(peak)


ARRAYS = {  # no npz, whose values are mapped from a file within a limit: the pages are no memory
    "safetensors": "CHW",
    "h5": "CHW",
    "zarr": "CHW",
    "nii": "WHD",
    "nii.gz": "WHD",
    "fits": "CHW",
    "exr": "HWC",
    "tiff": "CHW",
}


def save_array(path, layout, size):
    """Noise, which no codec makes smaller."""
    shape = {"CHW": (3, *size[::-1]), "HWC": (*size[::-1], 3), "WHD": (*size, 3)}[layout]
    values = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    name = "data" if layout == "CHW" and path.suffix != ".fits" else ""
    one = FeatureMap(values, layout, name=name if path.suffix != ".tiff" else "")
    record = io.format_named(path.name.partition(".")[2])
    with io.writer([one], record).to(path, overwrite=True):
        pass


@pytest.mark.complete
@pytest.mark.parametrize("text", ["max -k 1", "median -k 3 -s 2"])
@pytest.mark.parametrize("kind", ARRAYS)
def test_no_array_takes_more_than_planned(tmp_path, kind, text):
    check_installed(kind)
    for name, size in SIZES.items():
        save_array(tmp_path / f"{name}.{kind}", ARRAYS[kind], size)
    need, peak = measured(tmp_path, f".{kind}", text)
    assert peak <= need + SLACK


def check_installed(kind):
    if kind in ("webp", "avif") and not features.check(kind):
        pytest.skip(f"this Pillow has no {kind}")
    record = io.format_named(kind)
    if record.extra and not has_extra(record.extra):
        pytest.skip(f"the extra {record.extra} is not installed")


@pytest.mark.complete
@pytest.mark.parametrize("text", STEPS)
@pytest.mark.parametrize(
    ("kind", "mode"), [(kind, mode) for kind, modes in MODES.items() for mode in modes]
)
def test_no_photograph_takes_more_than_planned(tmp_path, kind, mode, text):
    check_installed(kind)
    for name, size in SIZES.items():
        save(tmp_path / f"{name}.{kind}", mode, size)
    need, peak = measured(tmp_path, f".{kind}", text)
    assert peak <= need + SLACK


@pytest.mark.complete
@pytest.mark.parametrize("text", STEPS[:1])
@pytest.mark.parametrize("kind", FRAMES)
def test_no_animation_takes_more_than_planned(tmp_path, kind, text):
    check_installed(kind)
    for name, (width, height) in SIZES.items():
        frames = [picture(FRAMES[kind], (width // 4, height // 4)) for _ in range(8)]
        more = {"lossless": True} if kind == "webp" else {}
        path = tmp_path / f"{name}.{kind}"
        frames[0].save(path, save_all=True, append_images=frames[1:], **more)
    need, peak = measured(tmp_path, f".{kind}", text)
    assert peak <= need + SLACK


@pytest.mark.complete
@pytest.mark.parametrize("kind", ["png", "npy"])
def test_files_at_once_keep_within_their_shares(tmp_path, kind):
    for name, size in SIZES.items():
        save(tmp_path / f"{name}.{kind}", "RGB", size)
    need, peak = measured(tmp_path, f".{kind}", "median -k 3 -s 1 -p same", "threads")
    assert peak <= need + 2 * SLACK


@pytest.mark.complete
@pytest.mark.parametrize("executor", ["processes", "dask"])
@pytest.mark.parametrize("kind", ["png", "npy"])
def test_workers_keep_within_their_shares(tmp_path, kind, executor):
    needs(executor)
    if not Path("/proc/self/task").is_dir():
        pytest.skip("this system does not tell the memory of a process")
    for name, size in (SIZES | {"little": SIZES["small"]}).items():
        save(tmp_path / f"{name}.{kind}", "RGB", size)
    (tmp_path / "measure.py").write_text(MEASURE_WORKERS)  # which workers that are spawned import
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "measure.py", "median -k 3 -s 1", executor, f".{kind}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert ran.returncode == 0, ran.stderr
    need, peak = map(int, ran.stdout.split())
    assert peak <= need + 2 * SLACK * (2 if executor == "dask" else 1)  # its heartbeats grow, too


def test_the_words_of_a_refusal_hold(cli, tmp_path):
    """What is said to be taken is more than what is said to be left, and the cure cures."""
    np.save(tmp_path / "x.npy", np.ones((2, 3, 257, 263), np.float32))
    picture("RGB", (300, 200)).save(tmp_path / "a.png")
    for words, limit in (
        ("median --global x.npy", "300K"),
        ("max -k 9 -s 1 a.png", "300K"),
        ("max --global a.png", "1M"),
        ("max -k 2 a.png", "190K"),
        ("median --global x.npy", "20K"),
        ("max --fractional 100 -k 2 x.npy", "1K"),
    ):
        ran = cli(*words.split(), "--max-memory", limit, "-o", "out/", "--overwrite", "-j", 1)
        assert ran.code == 1, words
        assert ran.err.count("\n") == 1, ran.err
        said = re.findall(r"(?:takes|leaves|half of the) ([\d.]+ [KMG]?B)", ran.err)
        *taken, left = (read_size(each) for each in said)
        assert sum(taken) > (left / 2 if "half of the" in ran.err else left), ran.err
        cure = re.search(r"give at least (\w+)", ran.err)[1]
        ran = cli(*words.split(), "--max-memory", cure, "-o", "out/", "--overwrite", "-j", 1)
        assert (ran.code, ran.err) == (0, "")
