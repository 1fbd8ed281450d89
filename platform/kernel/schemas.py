"""The database connection with what django-tenants adds to it, which Django's types do not know."""

from __future__ import annotations

from typing import Any

from django import db

connection: Any = db.connection
