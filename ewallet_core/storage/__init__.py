"""The database: its tables, its read and write transactions, and a repository for each group of tables."""
