"""Time poolcli next to the libraries that pool on CPUs: `python -m benchmarks`."""
