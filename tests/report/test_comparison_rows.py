"""The measures of `compare` in words."""

from types import SimpleNamespace

import numpy as np

from poolcli.report.comparison_rows import caption


def test_a_measure_that_is_not_defined_is_left_out():
    measures = {"psnr": 17.914, "ssim": 0.49066, "aliased": np.nan, "shift_change": 7.98}
    result = SimpleNamespace(output=np.zeros((2, 32, 32, 3)), **measures)
    words = caption(result).replace("\N{NO-BREAK SPACE}", " ")
    assert words == "2x32x32x3, PSNR 17.91 dB, SSIM 0.4907, shift change 7.98 %"
