"""Where it is kept: the tables, the two doors to them, and the typed rows that come through."""
