"""Compare pipelines on one map, or one pipeline under several frameworks' semantics."""
