"""What proves who is asking: passwords, tokens, and the patience with those who guess."""
