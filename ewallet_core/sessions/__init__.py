"""Who is asking: the session manager, its workers and sessions, and an instruction's way through them."""
