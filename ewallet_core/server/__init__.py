"""The server: its two ports, their limits, TLS certificates and settings."""
