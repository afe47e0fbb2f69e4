"""What must be true of the whole database, checked from what is stored."""
