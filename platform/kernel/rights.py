"""Permissions as people read them. Django stores their names in English, once for all readers."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

_DEEDS = {
    "add": _("Can add %(what)s"),
    "change": _("Can change %(what)s"),
    "delete": _("Can delete %(what)s"),
    "view": _("Can view %(what)s"),
}


def words(permission: Any) -> str:
    """What the permission allows, in the reader's language. Those of our own are marked where they are declared."""
    model = permission.content_type.model_class()
    deed, _sign, name = permission.codename.partition("_")
    if model is not None and deed in _DEEDS and name == model._meta.model_name:
        return str(_DEEDS[deed] % {"what": model._meta.verbose_name})
    return gettext(permission.name)
