"""Sessions: client ids, tokens, workers, cleaners, and what live sessions and workers are asked."""
