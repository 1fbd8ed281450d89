"""Reads for the live socket: who may hear what, what happened, what a log holds."""
