"""Explain, compare, solve for, time, draw and export pipelines. Nothing here writes a file."""
