"""``manage.py beat``: fires triggers and maintenance tasks. Any number may run at once."""

from __future__ import annotations

from typing import Any

from celery import current_app
from celery.apps.beat import Beat
from django.conf import settings
from django.core.management.base import BaseCommand

from apps.jobs.runners.sandbox import harden_process


class Command(BaseCommand):
    help = "Fire triggers when they are due, and the maintenance tasks of the admin's tables."
    requires_system_checks = []

    def handle(self, *_: Any, **__: Any) -> None:
        harden_process()
        Beat(app=current_app, loglevel=settings.ENV.log_level, quiet=True, redirect_stdouts=False).run()
