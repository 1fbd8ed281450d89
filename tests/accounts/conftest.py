"""The platform's own row."""

import pytest

from apps.tenants.models import Tenant


@pytest.fixture
def platform(db):
    return Tenant.objects.get(schema_name="public")
