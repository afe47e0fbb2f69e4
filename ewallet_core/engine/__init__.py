"""The engine: dispatches an instruction, runs it in a transaction, cleans up, and reports events."""
