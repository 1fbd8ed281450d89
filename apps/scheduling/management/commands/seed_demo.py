"""``manage.py seed_demo``: a tenant to look at."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from apps.scheduling.demo import seed


class Command(BaseCommand):
    help = "Make the demo tenant with a sample sales database and jobs. Does nothing that is done already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--sign-in-file", type=Path, help="Keep the new user's sign-in here too, as JSON, mode 0600."
        )

    def handle(self, *, sign_in_file: Path | None, **_: Any) -> None:
        password = seed.seed(sign_in_file=sign_in_file)
        if password is None:
            self.stdout.write("The demo tenant is there.")
        else:
            self.stdout.write("The demo tenant is made. Its password is shown this once:")
            self.stdout.write(f"  {seed.USERNAME}  {password}")
