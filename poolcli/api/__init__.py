"""The Python interface: arrays in, arrays out, with the options of the command line as keywords."""

from poolcli.api.planning import parse, plan
from poolcli.api.plugin_files import load_plugin
from poolcli.api.pooling import pool
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Stage, Step
from poolcli.resources.limits import limits

__all__ = ["Pipeline", "Stage", "Step", "limits", "load_plugin", "parse", "plan", "pool"]
