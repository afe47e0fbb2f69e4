"""What server and client share: frames, server addresses and certificate fingerprints."""
