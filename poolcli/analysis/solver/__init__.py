"""Find kernels, strides and paddings that turn one size into another."""
