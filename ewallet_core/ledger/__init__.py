"""The rules of money and time: pure functions of integers, with no database, clock or network in sight."""
