"""Writes the description of the tenants' API, from which the front end takes its types."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from config.settings.env import ROOT


class Command(BaseCommand):
    help = "Write docs/openapi.json anew, in English; anything about the API that is not described fails."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", default=str(ROOT / "docs" / "openapi.json"))

    def handle(self, *args: Any, **options: Any) -> None:
        call_command(
            "spectacular",
            format="openapi-json",
            file=options["file"],
            urlconf="config.urls.tenant",
            lang="en",
            fail_on_warn=True,
            validate=True,
        )
