"""Reads: jobs and runs, and who may see them."""
