"""Writes: a work item is put in, claimed, renewed, given back and released; limits count along."""
