"""Differences between frameworks, and the rules that cause them."""

import numpy as np

from poolcli.analysis.comparison.framework_differences import differences
from poolcli.pipeline.pipeline import as_map

ALL = ("torch", "onnx", "keras")


def told(text, x, *profiles):
    """By profile and fact: how it differs from the first."""
    found = differences(text, profiles or ALL, as_map(np.asarray(x)))
    return {(each.profile, each.of): each for each in found}


def rules(difference):
    """The names of the rules that cause a difference."""
    return [cause.rule.name for cause in difference.causes]
