"""The life of a tenant, from the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.tenants import selectors
from apps.tenants.services import export, tenants
from kernel.errors import DomainError

ACTOR = "manage.py"


class Command(BaseCommand):
    help = "List, create, suspend, resume, export or delete tenants."

    def add_arguments(self, parser: ArgumentParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        deeds.add_parser("list", help="All tenants: subdomain, state, name.")
        create = deeds.add_parser("create", help="Make a tenant; prints its first user's password once.")
        create.add_argument("slug", help="Its subdomain.")
        create.add_argument("--name", help="Its name; the subdomain if not given.")
        create.add_argument("--username", default="admin", help="The first user's name (admin).")
        create.add_argument("--email", default="", help="The first user's address.")
        create.add_argument(
            "--time-zone", default="", help="Such as Asia/Shanghai; the installation's if not given."
        )
        for deed, text in (
            ("suspend", "Refuse every request to a tenant."),
            ("resume", "Undo a suspension."),
            ("export", "Write a tenant into a zip file."),
            ("delete", "Delete a tenant with all that it has."),
        ):
            one = deeds.add_parser(deed, help=text)
            one.add_argument("slug", help="The tenant's subdomain.")
            if deed == "export":
                one.add_argument("file", type=Path, help="The file to make; must not exist.")
            if deed == "delete":
                one.add_argument("--confirm", required=True, metavar="NAME", help="The tenant's exact name.")

    def handle(self, *, deed: str, **options: Any) -> None:
        try:
            getattr(self, deed)(**options)
        except DomainError as error:
            raise CommandError(str(error)) from error

    def list(self, **_: Any) -> None:
        for tenant in selectors.customers():
            self.stdout.write(f"{tenant.slug:<40} {tenant.state:<10} {tenant.name}")

    def create(
        self, *, slug: str, name: str | None, username: str, email: str, time_zone: str, **_: Any
    ) -> None:
        made = tenants.create(
            name=name or slug, slug=slug, username=username, email=email, time_zone=time_zone, actor=ACTOR
        )
        self.stdout.write(f"Made {tenants.host_of(slug)}. Its first user's password is shown this once:")
        self.stdout.write(f"  {made.username}  {made.password}")

    def suspend(self, *, slug: str, **_: Any) -> None:
        tenants.suspend(selectors.tenant_of_slug(slug).pk, actor=ACTOR)

    def resume(self, *, slug: str, **_: Any) -> None:
        tenants.resume(selectors.tenant_of_slug(slug).pk, actor=ACTOR)

    def export(self, *, slug: str, file: Path, **_: Any) -> None:
        tenant = selectors.tenant_of_slug(slug)
        try:
            with file.open("xb") as target:
                export.export(tenant.pk, target, actor=ACTOR)
        except FileExistsError as error:
            raise CommandError(f"{file} exists.") from error

    def delete(self, *, slug: str, confirm: str, **_: Any) -> None:
        tenants.delete(selectors.tenant_of_slug(slug).pk, confirm_name=confirm, actor=ACTOR)
