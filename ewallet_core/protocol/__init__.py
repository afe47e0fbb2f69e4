"""What both ends of a connection share: frames, addresses and certificate fingerprints."""
