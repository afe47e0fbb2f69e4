"""Accounts: making, viewing and leaving one, logging in, and what operators do with them."""
