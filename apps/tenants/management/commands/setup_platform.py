"""Makes what every installation has: the platform's own rows, the template schema, an administrator."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from apps.tenants.services import platform


class Command(BaseCommand):
    help = "Make the platform's rows, the template schema and an administrator. Does nothing that is done already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--username", default="admin", help="The administrator's name (admin).")
        parser.add_argument(
            "--sign-in-file",
            type=Path,
            help="Keep the new administrator's sign-in here too, as JSON, mode 0600.",
        )

    def handle(self, *, username: str, sign_in_file: Path | None, **options: Any) -> None:
        platform.set_up()
        sign_in = platform.ensure_administrator(username=username, sign_in_file=sign_in_file)
        if sign_in is None:
            self.stdout.write("The platform is set up; it has an administrator.")
            return
        self.stdout.write("The platform is set up. Its administrator's password is shown this once:")
        self.stdout.write(f"  {sign_in.url}  {sign_in.username}  {sign_in.password}")
