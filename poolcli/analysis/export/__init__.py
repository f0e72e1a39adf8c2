"""Write pipelines as code of other libraries.

A target is a module here with `TARGET`, its record: what the library takes, how the code of steps
is written, and how it is run. `targets.NAMES` lists them.
"""
