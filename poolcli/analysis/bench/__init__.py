"""The engine next to the loop of the textbook and to other libraries that pool: `poolcli bench`."""
