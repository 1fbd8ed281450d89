"""Reads: how a tenant's work goes, for who may see it."""
