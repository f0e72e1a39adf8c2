"""Time the engine next to the loop of the textbook and to other libraries: `poolcli bench`."""
