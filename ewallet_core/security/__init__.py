"""Passwords, tokens and the throttle on failed logins."""
