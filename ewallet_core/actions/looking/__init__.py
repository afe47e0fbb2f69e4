"""Looking at what happened: statements, summaries, searches and exports."""
