"""NumPy arrays in, NumPy arrays out: no file, no flag and no text is known here."""
