"""Pool files: paths become jobs, and each job is read, pooled and written.

    expand.py    paths and globs -> input files
    plan.py      input files -> jobs: one output path and format for each (names.py, collisions.py)
    prepare.py   jobs -> jobs that have to run; existing outputs and a resume log decide the rest
    execute.py   jobs -> outcomes, in order, by one of executors/
    pool_file.py one job -> its outcome: read, pool, write (budget.py: within its memory);
                 large files are pooled in parts (pool_large.py)

`run_jobs.run_jobs` joins them; the report reads the outcomes.
"""
