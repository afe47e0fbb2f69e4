"""What a person can set: each setting, the file that keeps them, and the forms in which they show."""
