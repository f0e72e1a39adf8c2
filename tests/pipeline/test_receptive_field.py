"""What cells see through several steps is what one window of that size would see."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from poolcli.pipeline.receptive_field import ReceptiveField

windows = st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(-2, 4))


def seen(layers, cell):
    """The first and the last pixel of the input that a cell sees."""
    low = high = cell
    for size, stride, start in reversed(layers):
        low, high = low * stride + start, high * stride + start + size - 1
    return low, high


@given(st.lists(windows, max_size=4))
def test_is_what_the_windows_reach(layers):
    field = ReceptiveField.of_pixels(1)
    for size, stride, start in layers:
        field = field.through([size], [stride], [Fraction(size - 1, 2) + start])
    (low, high), (after, _) = seen(layers, 0), seen(layers, 1)
    assert field.size == (high - low + 1,)
    assert field.jump == (after - low,)
    assert field.centre == (Fraction(low + high, 2),)
