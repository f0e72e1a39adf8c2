"""Write pipelines as code of other libraries.

A target is a module here with `NEEDS`, the library's name, `write(steps, form)`, the code of the
steps, which defines `pool` (or `model`), `run(code, x)`, its result, and `version()`, None where
the library is not installed.
"""
