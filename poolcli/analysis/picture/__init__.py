"""Pictures: maps drawn for people to look at."""
