"""How the engine is reached from elsewhere: two sockets, one for instructions and one for events."""
