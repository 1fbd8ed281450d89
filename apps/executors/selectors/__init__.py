"""Reads: who is there."""
