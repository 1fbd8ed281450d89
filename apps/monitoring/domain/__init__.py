"""Which stretches of time are looked at, as plain Python."""
