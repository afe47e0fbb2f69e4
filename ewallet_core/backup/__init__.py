"""Backups: making, verifying and restoring them, also on a schedule."""
