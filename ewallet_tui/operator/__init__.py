"""What operators look at and change: its words, rows, questions and forms."""
