"""The door: who may see and do what. Every app asks here, and nowhere else.

A permission counts when the user has it on the object, or model-wide (which is on every object of the
tenant), directly or through a group. A superuser of the tenant has all of them, a disabled user none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, QuerySet
from django.db.models.functions import Now
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import get_objects_for_user

from apps.accounts.models import ApiToken, SavedView, Session, User
from kernel.errors import Forbidden

M = TypeVar("M", bound=Model)


def may(user: User | AnonymousUser, perm: str, obj: Model | None = None) -> bool:
    """Whether the user has ``perm`` ("app.codename") on ``obj``, or model-wide."""
    if not user.is_active:
        return False
    return user.has_perm(perm) or (obj is not None and user.has_perm(perm, obj))


def require(user: User | AnonymousUser, perm: str, obj: Model | None = None) -> None:
    """Raises kernel.errors.Forbidden unless the user may. For what the user sees already: unseen is a 404."""
    if not may(user, perm, obj):
        raise Forbidden


def visible(queryset: QuerySet[M], user: User | AnonymousUser, perm: str) -> QuerySet[M]:
    """The part of ``queryset`` on which the user has ``perm``, a permission of that very model.

    Stays a query: it can be filtered on, or be the subquery of another. Asking costs a constant number
    of queries, and none for a superuser.
    """
    if not user.is_active:
        return queryset.none()
    if user.has_perm(perm):
        return queryset
    found: QuerySet[M] = get_objects_for_user(user, perm, queryset, accept_global_perms=False)
    return found


def granted(user: User, perm: str, ids: Iterable[str]) -> frozenset[str]:
    """Those of the ids on whose objects the user has ``perm`` by a grant on the very object, directly or in a group.

    Also of objects that are gone: what was granted on them outlives them.
    """
    app_label, codename = perm.split(".")
    grant = {
        "permission__content_type__app_label": app_label,
        "permission__codename": codename,
        "object_pk__in": list(ids),
    }
    own = UserObjectPermission.objects.filter(user=user, **grant).values_list("object_pk", flat=True)
    of_groups = GroupObjectPermission.objects.filter(group__user=user, **grant)
    return frozenset(own.union(of_groups.values_list("object_pk", flat=True)))


def allowed(user: User, perm: str, rows: Iterable[Model]) -> frozenset[str]:
    """The ids, as strings, of those rows on which the user has ``perm``: ``may`` for a page at the cost of one query."""
    ids = frozenset(str(row.pk) for row in rows)
    if not user.is_active:
        return frozenset()
    return ids if user.has_perm(perm) else granted(user, perm, ids)


def permissions_of(user: User) -> list[str]:
    """What the user may do on all objects ("jobs.add_job"), of the platform's own apps, in order of the alphabet."""
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("apps.")}
    return sorted(perm for perm in user.get_all_permissions() if perm.partition(".")[0] in ours)


def sessions_of(user: User) -> QuerySet[Session]:
    """A user's own sessions that have not expired."""
    return Session.objects.filter(user=user, expire_date__gt=Now())


def views_of(user: User) -> QuerySet[SavedView]:
    """A user's own saved views, of all pages."""
    return SavedView.objects.filter(user=user)


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """A user's own API tokens, newest first; those that have expired as well, until they are revoked."""
    found: QuerySet[ApiToken] = ApiToken.objects.filter(user=user).order_by("-id")
    return found
