"""Studies of pooling: what explains, compares or looks for poolings, built on the plan and on the engine."""
