"""Rules about people as plain Python."""
