"""Explain one number of a result: the pixels it is computed from, and its formula."""
