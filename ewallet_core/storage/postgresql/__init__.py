"""PostgreSQL: several writers at once, also of several servers, and a database that may be far away."""
