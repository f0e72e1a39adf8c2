"""NumPy in, NumPy out. `grid` says where, `reduce` how, `kernels` folds, `pool` brings them together."""
