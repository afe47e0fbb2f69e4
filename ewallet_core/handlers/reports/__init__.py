"""Statement, summary, search and export."""
