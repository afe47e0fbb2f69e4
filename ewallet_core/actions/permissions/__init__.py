"""The permission sheet: enforced, viewed and edited."""
