"""Addresses: ``public`` on the bare domain, ``tenant`` on each subdomain."""
