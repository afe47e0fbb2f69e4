"""What must be true of the whole database, proved from what is kept in one reading."""
