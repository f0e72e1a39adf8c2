"""THE TABLE of operations, steps and pipelines, and the parser of text and TOML."""
