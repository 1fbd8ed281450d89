"""Triggers on the tenant's admin site, and an overview of all of them on the platform's."""

from apps.scheduling.admin.overview import TriggerOverview
from apps.scheduling.admin.triggers import TriggerAdmin

__all__ = ["TriggerAdmin", "TriggerOverview"]
