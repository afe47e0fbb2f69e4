"""Password hashes that cost nothing, for tests that are not about their cost."""

from __future__ import annotations

import argon2

from ewallet_core.security.passwords import Passwords

CHEAP = Passwords(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
