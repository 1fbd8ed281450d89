"""Writes: jobs and their versions; runs, their moves, logs and results."""
