"""A tenant's life: created, suspended, resumed, deleted; who hears of it, and what is left."""

import json
import stat

import pytest
from django.core.management import CommandError, call_command
from django.db.migrations.executor import MigrationExecutor
from django.db.models.signals import pre_migrate
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_exists, tenant_context

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.tenants import signals
from apps.tenants.domain.names import BadSlug
from apps.tenants.errors import NameTaken, NoSuchTenant, NotACustomer, NotConfirmed
from apps.tenants.models import Domain, Tenant
from apps.tenants.services import platform as platform_service
from apps.tenants.services import tenants
from kernel.errors import Invalid
from kernel.schemas import connection

pytestmark = pytest.mark.django_db


def create(slug="initech", **facts):
    return tenants.create(**{"name": slug.title(), "slug": slug, "username": "owner", **facts})


@pytest.fixture
def heard():
    """What the signals have said: (signal's name, tenant id, schema at that time)."""
    said = []
    ears = {}
    for name in ("tenant_created", "tenant_suspended", "tenant_resumed", "tenant_deleted"):

        def ear(tenant_id, name=name, **_):
            said.append((name, tenant_id, connection.schema_name))

        ears[name] = ear
        getattr(signals, name).connect(ear)
    yield said
    for name, ear in ears.items():
        getattr(signals, name).disconnect(ear)


def test_a_new_tenant_has_schema_address_and_a_first_user_with_a_random_password(platform, heard):
    made = create(email="owner@initech.example", time_zone="Europe/Berlin", actor="test")

    tenant = Tenant.objects.get(slug="initech")
    assert (tenant.schema_name, tenant.state, tenant.time_zone) == ("t_initech", "active", "Europe/Berlin")
    assert [domain.domain for domain in tenant.domains.all()] == ["initech.localhost"]
    with tenant_context(tenant):
        owner = User.objects.get()
        assert (owner.username, owner.is_staff, owner.is_superuser) == ("owner", True, True)
        assert owner.check_password(made.password)
    assert len(made.password) == tenants.PASSWORD_LENGTH
    assert heard == [("tenant_created", tenant.pk, "t_initech")]
    assert Entry.objects.get(action="tenant.created", object_id=str(tenant.pk)).actor_name == "test"


def test_no_two_tenants_get_the_same_password(platform):
    assert create("one").password != create("two").password


def test_creating_runs_no_migration_and_a_fixed_number_of_statements(platform, monkeypatch):
    """So its time depends on how many tables there are, not on how many migrations made them."""

    def refuse(*args, **kwargs):
        raise AssertionError("a migration was run")

    monkeypatch.setattr(MigrationExecutor, "__init__", refuse)
    pre_migrate.connect(refuse)
    try:
        with CaptureQueriesContext(connection) as queries:
            create()
    finally:
        pre_migrate.disconnect(refuse)

    assert len(queries) < 60


@pytest.mark.parametrize(
    ("facts", "error", "field"),
    [
        ({"slug": "Initech"}, BadSlug, "slug"),
        ({"slug": "www"}, BadSlug, "slug"),
        ({"slug": "acme", "name": "Another"}, NameTaken, "slug"),
        ({"slug": "acme2", "name": "Acme"}, NameTaken, "slug"),
        ({"name": "   "}, Invalid, "name"),
        ({"name": "x" * 101}, Invalid, "name"),
        ({"time_zone": "Mars/Base"}, Invalid, "time_zone"),
        ({"username": "no spaces"}, Invalid, "username"),
        ({"email": "nonsense"}, Invalid, "email"),
    ],
)
def test_what_is_refused_names_the_field_and_leaves_nothing(platform, facts, error, field):
    before = Tenant.objects.count()

    with pytest.raises(error) as refusal:
        create(**facts)

    assert refusal.value.field == field
    assert Tenant.objects.count() == before
    assert not schema_exists("t_initech")
    assert connection.schema_name == "public"


def test_a_receiver_that_fails_takes_the_tenant_with_it(platform):
    def fail(**_):
        raise RuntimeError("no room")

    signals.tenant_created.connect(fail)
    try:
        with pytest.raises(RuntimeError, match="no room"):
            create()
    finally:
        signals.tenant_created.disconnect(fail)

    assert not Tenant.objects.filter(slug="initech").exists()
    assert not schema_exists("t_initech")


def test_suspending_twice_is_suspending_once(acme, heard):
    tenants.suspend(acme.pk, actor="test")
    tenants.suspend(acme.pk, actor="test")

    acme.refresh_from_db()
    assert acme.is_suspended
    assert heard == [("tenant_suspended", acme.pk, "public")]
    assert connection.schema_name == acme.schema_name

    tenants.resume(acme.pk, actor="test")

    acme.refresh_from_db()
    assert not acme.is_suspended
    connection.set_schema_to_public()
    deeds = Entry.objects.filter(object_id=str(acme.pk), action__in=["tenant.suspended", "tenant.resumed"])
    assert [entry.action for entry in deeds] == ["tenant.resumed", "tenant.suspended"]


@pytest.mark.parametrize("confirmation", ["", "acme", "Acme ", "Globex"])
def test_a_tenant_is_not_deleted_by_another_name(acme, confirmation):
    with pytest.raises(NotConfirmed) as refusal:
        tenants.delete(acme.pk, confirm_name=confirmation)

    assert refusal.value.field == "confirm"
    assert schema_exists("t_acme")


def test_a_deleted_tenant_leaves_its_entry_in_the_audit_log_only(acme, globex, heard):
    with tenant_context(globex):
        people = User.objects.count()

    tenants.delete(acme.pk, confirm_name="Acme", actor="test")

    assert not schema_exists("t_acme")
    assert not Tenant.objects.filter(pk=acme.pk).exists()
    assert not Domain.objects.filter(domain="acme.localhost").exists()
    assert heard == [("tenant_deleted", acme.pk, "public")]
    with tenant_context(globex):
        assert User.objects.count() == people
    connection.set_schema_to_public()
    entry = Entry.objects.get(action="tenant.deleted")
    assert (entry.object_name, entry.actor_name, entry.detail["slug"]) == ("Acme", "test", "acme")


def test_a_slug_can_be_used_again(acme):
    tenants.delete(acme.pk, confirm_name="Acme")

    again = create("acme").tenant

    with tenant_context(again):
        assert [user.username for user in User.objects.all()] == ["owner"]


@pytest.mark.parametrize("schema", ["public", "_template"])
def test_the_platforms_own_rows_are_out_of_reach(platform, schema):
    own = Tenant.objects.get(schema_name=schema)

    for deed in (
        lambda: tenants.suspend(own.pk),
        lambda: tenants.resume(own.pk),
        lambda: tenants.delete(own.pk, confirm_name=own.name),
    ):
        with pytest.raises(NotACustomer):
            deed()
    assert schema_exists(schema)
    assert own not in Tenant.objects.customers()


def test_a_tenant_that_is_not_there(platform):
    with pytest.raises(NoSuchTenant):
        tenants.suspend(10**9)


# --- setting up the platform, and the command line ---------------------------------------------------


def test_setting_up_twice_changes_nothing_and_keeps_the_sign_in(platform, tmp_path, capsys):
    file = tmp_path / "sign-in.json"

    call_command("setup_platform", sign_in_file=file)
    first = json.loads(file.read_text())["platform"]
    call_command("setup_platform", sign_in_file=file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["platform"] == first
    assert User.objects.get(username="admin").check_password(first["password"])
    assert capsys.readouterr().out.count(first["password"]) == 1
    assert [tenant.schema_name for tenant in Tenant.objects.order_by("pk")[:2]] == ["public", "_template"]


def test_host_names_follow_the_base_domain(platform, settings):
    settings.ENV = settings.ENV.model_copy(update={"base_domain": "jobs.example.com"})

    platform_service.set_up()

    assert set(Domain.objects.values_list("domain", flat=True)) == {
        "jobs.example.com",
        "acme.jobs.example.com",
        "globex.jobs.example.com",
    }


def test_a_password_is_not_in_what_is_logged(platform):
    made = create()

    assert made.password not in repr(made)


def test_no_administrator_is_kept_whose_password_could_not_be_written(platform, tmp_path):
    with pytest.raises(FileNotFoundError):
        call_command("setup_platform", sign_in_file=tmp_path / "gone" / "sign-in.json")

    assert not User.objects.filter(is_superuser=True).exists()


def test_other_sign_ins_in_the_file_stay(tmp_path):
    file = tmp_path / "sign-in.json"
    platform_service.write_private(file, {"demo": {"password": "one"}})
    platform_service.write_private(file, {"platform": {"password": "two"}})

    assert json.loads(file.read_text()) == {"demo": {"password": "one"}, "platform": {"password": "two"}}
    assert list(tmp_path.iterdir()) == [file]


def test_a_life_from_the_command_line(platform, tmp_path, capsys):
    call_command("tenant", "create", "initech", name="Initech", time_zone="UTC")
    assert "initech.localhost" in capsys.readouterr().out

    call_command("tenant", "suspend", "initech")
    call_command("tenant", "list")
    assert "suspended" in capsys.readouterr().out
    call_command("tenant", "resume", "initech")
    call_command("tenant", "export", "initech", tmp_path / "initech.zip")
    assert (tmp_path / "initech.zip").read_bytes().startswith(b"PK")
    with pytest.raises(CommandError, match="exists"):
        call_command("tenant", "export", "initech", tmp_path / "initech.zip")
    with pytest.raises(CommandError, match="exact name"):
        call_command("tenant", "delete", "initech", confirm="initech")
    call_command("tenant", "delete", "initech", confirm="Initech")

    assert not Tenant.objects.filter(slug="initech").exists()
    with pytest.raises(CommandError, match="no tenant"):
        call_command("tenant", "resume", "initech")


def test_secrets_are_rotated_in_every_schema(platform):
    schemas = []

    def rotate(keys, **_):
        schemas.append(connection.schema_name)
        return 2

    signals.secrets_rotating.connect(rotate)
    try:
        call_command("rotate_secrets")
    finally:
        signals.secrets_rotating.disconnect(rotate)

    assert sorted(schemas) == ["_template", "public", "t_acme", "t_globex"]
