"""The PostgreSQL backend: it needs the driver psycopg, so only databases at such a URL import it."""
