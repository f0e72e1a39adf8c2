"""Groups of tiles: each chunk is written once, and each part of one that is split."""

from collections import Counter

import numpy as np
import pytest

from poolcli import io, parse
from poolcli.run.file_plan import results_of
from poolcli.run.planned_pyramids import levels_of
from poolcli.run.pyramid_groups import GroupTasks, SplitChunk, groups_of
from poolcli.run.pyramid_plan import pyramid_plan

zarr = pytest.importorskip("zarr")

CASES = [
    ((64, 512, 384), (8, 32, 32), "-k 2 --levels 4", 1 << 20),
    ((64, 500, 390), (8, 32, 32), "-k 2 --levels 4", 1 << 20),
    ((64, 500, 390), (8, 32, 32), "-k 1x2x2 --levels 2", 1 << 19),
    ((60, 500, 390), (5, 25, 30), "-k 2 --levels 2", 1 << 20),
    ((40, 729, 729), (8, 27, 27), "-k 3 --levels 2", 1 << 20),
]


def planned(shape, chunks, words, share, workers=2):
    facts = {"chunks": dict(zip("DHW", chunks, strict=True))}
    header = io.Header("x", shape, "uint16", "DHW", None, facts, chunks=chunks)
    results = results_of(parse(f"pyramid --op max {words}"), header)
    levels = levels_of(results, io.format_named("zarr"), {})
    return groups_of(pyramid_plan(levels, share), workers)


@pytest.mark.parametrize(("shape", "chunks", "words", "share"), CASES)
def test_each_cell_is_made_once(shape, chunks, words, share):
    tasks = GroupTasks((planned(shape, chunks, words, share),))
    groups = tasks.maps[0]
    made = [np.zeros(level.header.shape, "u1") for level in groups.levels]
    of_chunk = Counter()
    for task in tasks.phases:
        for each in task:
            found = tasks.located(each)
            if isinstance(found, SplitChunk):
                of_chunk[found] += 1
                continue
            writers = set()
            for tile in groups.plan.tiles_of(found[1]):
                for at, level in enumerate(groups.levels):
                    made[at][level.region_of(tile)] += 1
                    writers |= {(at, part.number) for part in level.parts_of(tile)}
            of_chunk.update(writers)
    assert all((each == 1).all() for each in made)
    assert set(of_chunk.values()) == {1}
    assert groups.parts_fit


def test_coarse_levels_are_split_and_fine_ones_are_not():
    groups = planned((64, 512, 512), (8, 32, 32), "-k 2 --levels 4", 1 << 20)
    assert groups.group[0] % 8 == groups.group[1] % 32 == 0
    assert 0 not in groups.split
    assert 4 in groups.split
    assert groups.count >= 8


def test_a_small_map_has_no_groups():
    assert planned((8, 64, 64), (8, 32, 32), "-k 2 --levels 2", 1 << 20) is None


def test_sides_without_a_common_measure_are_one_group():
    """Chunks of 512 pixels and windows of 81 meet at the end of the map alone."""
    assert planned((16, 4096, 4096), (16, 512, 512), "-k 1x3x3 --levels 4", 1 << 26) is None


@pytest.mark.parametrize(
    ("share", "tile"),
    [(1 << 17, (4, 128, 64)), (1 << 20, (4, 256, 256)), (1 << 30, (4, 1024, 1024))],
)
def test_small_chunks_are_read_together_where_memory_has_them(share, tile):
    shape, chunks = (64, 2048, 2048), (4, 32, 32)
    facts = {"chunks": dict(zip("DHW", chunks, strict=True))}
    header = io.Header("x", shape, "uint16", "DHW", None, facts, chunks=chunks)
    results = results_of(parse("pyramid --op max --levels 2"), header)
    plan = pyramid_plan(levels_of(results, io.format_named("zarr"), {}), share)
    assert plan.bytes_of(plan.tile) <= share
    assert plan.tile == tile
