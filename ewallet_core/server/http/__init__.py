"""HTTP beside the sockets: the same engine, executor, limits and log, in the same event loop."""
