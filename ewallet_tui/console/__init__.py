"""What the console shows of an instruction, and how it reads one that is typed."""
