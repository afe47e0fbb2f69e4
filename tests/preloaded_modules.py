"""Imported by the process that is forked for each `ForkedProcess`, and nowhere else, for what it does."""

from __future__ import annotations

import gc
import importlib
import pkgutil
import tempfile
from pathlib import Path

import argon2
import psycopg  # noqa: F401 - imported for the URL of a PostgreSQL
import pytest  # noqa: F401 - the main module of the tests imports it, and each forked process that module
from invoked import ADA, Wallet, register
from shared_statements import SharedStatements
from used_wallet import use

import ewallet_core
import ewallet_tui
from ewallet_core.security.passwords import Passwords

for package in (ewallet_core, ewallet_tui):
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith("__main__") and "migrations" not in found.name:
            importlib.import_module(found.name)

# As in the process of the tests: passwords are hashed cheaply, and each statement is compiled once, the usual
# ones here.
cheap = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
Passwords.__init__.__defaults__ = (cheap,)  # type: ignore[misc]
SharedStatements().replace(setattr)
with tempfile.TemporaryDirectory() as folder:
    wallet = use(register(Wallet(Path(folder)), ADA))
    for command in ("status", "balance", "history", "verify"):
        wallet.done(command)

# Garbage collections would copy the memory that the forked processes share.
gc.collect()
gc.freeze()
