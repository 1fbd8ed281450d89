"""The platform's own row and its administrator."""

import pytest

from apps.accounts.models import User
from apps.tenants.models import Tenant


@pytest.fixture
def platform(db):
    """The tenant that stands for the bare domain; the connection is in the public schema."""
    return Tenant.objects.get(schema_name="public")


@pytest.fixture
def admin(platform):
    """A platform administrator."""
    return User.objects.create_superuser("admin", "admin@example.com", "correct horse battery")
