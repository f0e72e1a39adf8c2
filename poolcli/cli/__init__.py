"""The command line: everything that uses Click."""
