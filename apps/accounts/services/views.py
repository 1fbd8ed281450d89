"""Saved views: each user's own, at most so many on a page, one of which is shown first.

A user's changes go one after the other, by a lock on their row: so the number, the order and the one that is shown first
hold whatever is asked at the same time.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from apps.accounts.errors import TooManyViews, ViewNameTaken
from apps.accounts.models import SavedView, User
from kernel.errors import NotFound

MOST_ON_A_PAGE: Final = 50


def create(
    *, user: User, page: str, name: str, query: str, is_default: bool = False, position: int | None = None
) -> SavedView:
    """position: the last one unless it is given. Raises TooManyViews, ViewNameTaken."""
    with transaction.atomic():
        _lock(user)
        held = SavedView.objects.filter(user=user, page=page)
        if held.count() >= MOST_ON_A_PAGE:
            raise TooManyViews(most=MOST_ON_A_PAGE)
        if is_default:
            held.update(is_default=False)
        if position is None:
            last = held.aggregate(last=Max("position"))["last"]
            position = 0 if last is None else last + 1
        view = SavedView(
            user=user, page=page, name=name, query=query, is_default=is_default, position=position
        )
        _save(view)
    return view


def change(view_id: UUID, *, user: User, **facts: Any) -> SavedView:
    """facts: name, query, is_default, position. Raises NotFound when it is not ``user``'s, ViewNameTaken."""
    with transaction.atomic():
        _lock(user)
        view = SavedView.objects.filter(pk=view_id, user=user).first()
        if view is None:
            raise NotFound
        if facts.get("is_default"):
            SavedView.objects.filter(user=user, page=view.page).exclude(pk=view_id).update(is_default=False)
        for name, value in facts.items():
            setattr(view, name, value)
        _save(view)
    return view


def delete(view_id: UUID, *, user: User) -> None:
    """Raises NotFound when it is not ``user``'s."""
    deleted, _ = SavedView.objects.filter(pk=view_id, user=user).delete()
    if not deleted:
        raise NotFound


def _lock(user: User) -> None:
    User.objects.select_for_update().filter(pk=user.pk).values_list("pk").first()


def _save(view: SavedView) -> None:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        raise ViewNameTaken(field="name", name=view.name) from None
