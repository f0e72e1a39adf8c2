"""Objects that NumPy reads as arrays, and tensors that it does not read until they are changed."""

import re
import warnings

import numpy as np
import pytest

import poolcli
from poolcli.maps.array_like import array_of


def test_an_array_is_not_copied():
    x = np.arange(3)
    assert array_of(x) is x
    assert array_of([1, 2]).tolist() == [1, 2]


def test_rows_of_unequal_length_are_no_array():
    with pytest.raises(TypeError, match="is a list, and no array: "):
        array_of([[1, 2], [3]])
    with pytest.raises(poolcli.OptionTypeError, match="x is a list, and no array: "):
        poolcli.pool([[1, 2], [3]], "max")


X = np.ones((4, 4))
CALLS = {
    "x": lambda x: poolcli.pool(x, "max"),
    "pipeline": poolcli.parse("max"),
    "mask": lambda mask: poolcli.pool(X[:2], "sum", mask=mask),
    "weights": lambda weights: poolcli.pool(X, "weighted", weights=weights),
    "boxes": lambda boxes: poolcli.pool(X, "max", boxes=boxes, output_size=1),
}


class TestTensors:
    torch = pytest.importorskip("torch", reason="torch is not installed")

    def tensors(self):
        """A tensor of each kind that NumPy does not read, by the method that it needs."""
        x = self.torch.tensor([[0.0, 0, 2, 2], [1, 1, 3, 3]])
        with warnings.catch_warnings(action="ignore"):  # quantized tensors are to go
            quantized = self.torch.quantize_per_tensor(x, 1, 0, self.torch.quint8)
        with self.torch.enable_grad():
            graded = x.clone().requires_grad_()
            graded_long = x.bfloat16().requires_grad_()
        return {
            "detach": graded,
            "detach.float": graded_long,
            "to_dense": x.to_sparse(),
            "dequantize": quantized,
            "resolve_neg": self.torch._neg_view(-x),
            "float": x.to(self.torch.float8_e4m3fn),
        }

    @pytest.mark.parametrize("name", CALLS)
    @pytest.mark.parametrize(
        "method", ["detach", "detach.float", "to_dense", "dequantize", "resolve_neg", "float"]
    )
    def test_the_error_says_what_makes_an_array_of_it(self, method, name):
        tensor = self.tensors()[method]
        with pytest.raises(TypeError, match="is a tensor that NumPy cannot read: ") as refused:
            CALLS[name](tensor)
        (cure,) = re.findall(r"pass its (\S+)$", str(refused.value))
        assert re.findall(r"\w+", cure) == method.split(".")
        for each in method.split("."):
            tensor = getattr(tensor, each)()
        assert CALLS[name](tensor).size

    def test_one_on_the_device_meta_has_no_values(self):
        with pytest.raises(TypeError, match="it is on the device meta, and has no values"):
            poolcli.pool(self.torch.empty(4, device="meta"), "max")

    def test_any_order_in_memory_is_read(self):
        x = self.torch.arange(64.0).reshape(8, 8).T[:, ::2]
        np.testing.assert_array_equal(poolcli.pool(x, "max"), poolcli.pool(x.numpy(), "max"))
