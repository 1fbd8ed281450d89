"""Reads: what waits, and why."""
