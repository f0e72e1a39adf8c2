"""Results that saturate in the steps before large windows, counted once.

The parts of windows overlap, and so do windows: what they need is made several times. Where any of
it saturates, all of it is made anew in regions, which know what each is the first to need.
"""

from __future__ import annotations

from poolcli.pipeline.map_part import MapPart
from poolcli.run.region_blocks import Sources, read_pixels
from poolcli.run.region_plan import RegionPlan
from poolcli.run.saturated_regions import OwnedCells, pooled_part


def count_saturated(plan: RegionPlan, number: int, sources: Sources) -> None:
    """Note the results that saturate in the stages of the map of this number."""
    need, owned = plan.need, OwnedCells(plan)
    for turn in range(plan.count):
        region = plan.block_at(turn)
        numbers = need.numbers_of(region)
        assert numbers is not None, "only regions that can be made are planned"
        with sources.one() as source:
            part = MapPart(read_pixels(source, number, numbers[0]), need.form, numbers[0])
        for step, (stage, wanted) in enumerate(zip(need.stages, numbers[1:], strict=True)):
            made = pooled_part(stage, part, wanted, (owned, region, step))
            part = MapPart(made, stage.output, wanted)
