"""The door: object permissions, model-wide ones, groups, superusers, and who has none."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm, remove_perm

from apps.accounts.models import User
from apps.accounts.selectors import allowed, may, require, visible
from kernel.errors import Forbidden
from tests.api_cases import asked, permission

pytestmark = pytest.mark.django_db
VIEW, CHANGE = "auth.view_group", "auth.change_group"  # groups stand for any object that rights are given on


@pytest.fixture
def things(acme):
    return [Group.objects.create(name=f"thing {number}") for number in range(3)]


@pytest.fixture
def ada(acme):
    return User.objects.create_user("ada")


def seen_by(user):
    return list(visible(Group.objects.filter(name__startswith="thing").order_by("name"), user, VIEW))


def again(user):
    """The user as the next request has it: without the permissions that this one has remembered."""
    return User.objects.get(pk=user.pk)


def test_who_has_no_right_sees_and_may_nothing(things, ada):
    assert seen_by(ada) == []
    assert not may(ada, VIEW, things[0])
    with pytest.raises(Forbidden):
        require(ada, VIEW, things[0])


def test_a_right_on_an_object_is_on_that_object_only(things, ada):
    assign_perm(VIEW, ada, things[1])

    assert seen_by(ada) == [things[1]]
    assert may(ada, VIEW, things[1])
    assert not may(ada, VIEW, things[0])
    assert not may(ada, VIEW)
    assert not may(ada, CHANGE, things[1])
    require(ada, VIEW, things[1])


def test_a_right_through_a_group(things, ada):
    team = Group.objects.create(name="team")
    ada.groups.add(team)
    assign_perm(VIEW, team, things[2])

    assert seen_by(ada) == [things[2]]
    assert may(ada, VIEW, things[2])


def test_a_model_wide_right_is_on_every_object(things, ada):
    ada.user_permissions.add(permission(VIEW))

    assert seen_by(again(ada)) == things
    assert may(again(ada), VIEW, things[0])
    assert may(again(ada), VIEW)


def test_what_may_be_done_with_the_rows_of_a_page_costs_one_query(things, ada):
    assign_perm(VIEW, ada, things[1])
    team = Group.objects.create(name="team")
    ada.groups.add(team)
    assign_perm(VIEW, team, things[2])
    keys = {str(thing.pk) for thing in things}
    asker = again(ada)
    asker.has_perm(VIEW)  # remembers the model-wide rights

    with CaptureQueriesContext(connection) as queries:
        assert allowed(asker, VIEW, things) == keys - {str(things[0].pk)}
    assert len(asked(queries)) == 1

    ada.user_permissions.add(permission(VIEW))
    assert allowed(again(ada), VIEW, things) == keys
    ada.is_active = False
    assert allowed(ada, VIEW, things) == frozenset()


def test_a_right_that_was_taken_back_is_gone(things, ada):
    assign_perm(VIEW, ada, things[0])
    remove_perm(VIEW, ada, things[0])

    assert seen_by(again(ada)) == []


def test_a_superuser_sees_all_and_is_asked_nothing(things):
    root = User.objects.create_superuser("root")

    with CaptureQueriesContext(connection) as queries:
        found = visible(Group.objects.filter(name__startswith="thing"), root, VIEW)
    assert asked(queries) == []
    assert found.count() == 3
    assert may(root, CHANGE, things[0])


def test_staff_is_not_a_right(things, acme):
    clerk = User.objects.create_user("clerk", is_staff=True)

    assert seen_by(clerk) == []


def test_a_disabled_superuser_and_nobody_see_nothing(things):
    gone = User.objects.create_superuser("root", is_active=False)

    for user in (gone, AnonymousUser()):
        assert seen_by(user) == []
        assert not may(user, VIEW, things[0])


def test_what_is_visible_stays_a_query_of_constant_cost(things, ada):
    assign_perm(VIEW, ada, things[0])
    seen_by(again(ada))
    with CaptureQueriesContext(connection) as few:
        assert len(seen_by(again(ada))) == 1
    for number in range(20):
        assign_perm(VIEW, ada, Group.objects.create(name=f"thing x{number}"))
    with CaptureQueriesContext(connection) as many:
        assert len(seen_by(again(ada))) == 21

    assert len(asked(many)) == len(asked(few)) <= 5
    narrowed = visible(Group.objects.all(), ada, VIEW).filter(name="thing 0")
    assert narrowed.count() == 1


def test_a_right_in_one_tenant_is_none_in_another(acme, globex):
    with tenant_context(acme):
        ada = User.objects.create_user("ada")
        assign_perm(VIEW, ada, Group.objects.create(name="thing"))
    with tenant_context(globex):
        namesake = User.objects.create_user("ada", id=ada.pk)
        Group.objects.create(name="thing")

        assert seen_by(namesake) == []
