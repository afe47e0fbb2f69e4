"""The server: sockets for instructions and events, their limits and certificates."""
