"""Credits and time: supplying, converting, the clock timer, and what passes between people."""
