"""Encrypts every stored secret again, under the first of the configured keys."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.tenants.services import secrets
from kernel.crypto import KeyLost


class Command(BaseCommand):
    help = "Encrypt every stored secret again under the first of JIEPAI_ENCRYPTION_KEYS."

    def handle(self, **options: Any) -> None:
        try:
            count = secrets.rotate()
        except KeyLost as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{count} secrets are encrypted under the first key; the other keys can go.")
