"""Writes: an executor comes, lives and goes."""
