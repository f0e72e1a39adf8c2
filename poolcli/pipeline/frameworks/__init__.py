"""A module for each profile: the whole record of one framework."""
