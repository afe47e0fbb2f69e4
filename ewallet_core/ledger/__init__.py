"""The rules of credits and time: pure functions of integers, without database, clock or network."""
