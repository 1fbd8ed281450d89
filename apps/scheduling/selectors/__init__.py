"""Reads: triggers, who may see them, and when they will fire."""
