"""Copies of a whole wallet database to another place, of the same kind or of the other."""
