"""Records behave as frozen dataclasses do."""

import dataclasses
import pickle
from functools import cached_property
from typing import ClassVar

import pytest

from poolcli.frozen import frozen, made_by


@frozen
class Size:
    """A record at the top level, which can be pickled."""

    height: int
    width: int = 1
    unit: ClassVar[str] = "px"

    @cached_property
    def area(self):
        return self.height * self.width


@frozen
class Volume(Size):
    depth: int = 2
    notes: list = made_by(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Twin:
    height: int
    width: int = 1


def test_as_a_dataclass():
    assert repr(Size(3)) == repr(Twin(3)).replace("Twin", "Size")
    assert (Size(3) == Size(3, 1), Size(3) == Size(4), Size(3) == Twin(3)) == (True, False, False)
    assert hash(Size(3)) == hash(Size(height=3, width=1))
    assert (Size(3, 4).area, Size.unit, Size.width) == (12, "px", 1)
    assert pickle.loads(pickle.dumps(Size(3, 4))) == Size(3, 4)


def test_fields_are_inherited_and_defaults_made_anew():
    one, other = Volume(1, 2), Volume(1, 2)
    one.notes.append("x")
    assert (one.notes, other.notes, one.depth) == (["x"], [], 2)
    assert repr(other) == "Volume(height=1, width=2, depth=2, notes=[])"


def test_nothing_can_be_set():
    one = Size(1)
    with pytest.raises(AttributeError, match=r"Size\.width cannot be set"):
        one.width = 2
    with pytest.raises(AttributeError):
        del one.height


@pytest.mark.parametrize(
    ("args", "more"), [((), {}), ((1, 2, 3), {}), ((1,), {"height": 2}), ((1,), {"depth": 2})]
)
def test_wrong_values_are_type_errors(args, more):
    with pytest.raises(TypeError, match="Size"):
        Size(*args, **more)


def test_the_library_replaces_fields():
    assert dataclasses.replace(Size(1, 2), width=5) == Size(1, 5)
    assert dataclasses.replace(Volume(1), notes=["y"]).notes == ["y"]
    with pytest.raises(TypeError, match="Size"):
        dataclasses.replace(Size(1), depth=5)


def test_equality_and_repr_can_be_left_out_or_be_one_s_own():
    @frozen(eq=False, repr=False)
    class Plain:
        x: int

        def __repr__(self):
            return "own"

    one = Plain(1)
    assert (one == Plain(1), {one: 1}[one], repr(one)) == (False, 1, "own")
