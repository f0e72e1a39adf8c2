"""What explains, compares and exports pipelines; no file is written here."""
