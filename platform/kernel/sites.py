"""The two admin sites: the platform's on the bare domain, and one that every tenant sees on its own.

Both are named "admin": they live in different URL configurations, and the host decides which one is
served. An app's ``admin.py`` registers each model on the site, or the sites, where its table is.
Import this from ``admin.py`` and URL configurations only: it needs the models to be loaded.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from guardian.admin import ReinforcedGuardedModelAdminMixin
from guardian.shortcuts import get_objects_for_user, get_perms_for_model
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

from kernel import rights


class House(UnfoldAdminSite):
    """An admin site whose sidebar is made of what is registered and may be seen, in declared groups."""

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        groups = self._get_config("SIDEBAR").get("groups", ())
        models = {
            (app["app_label"], model["object_name"].lower()): model
            for app in self.get_app_list(request)
            for model in app["models"]
            if model["admin_url"]
        }
        sidebar = []
        for title, labels in groups:
            chosen = [key for label in labels for key in models if label in (key[0], ".".join(key))]
            items = [self._item(request, models.pop(key)) for key in dict.fromkeys(chosen)]
            if items:
                sidebar.append({"title": title, "separator": True, "items": items})
        if models:
            sidebar.append({"separator": True, "items": [self._item(request, m) for m in models.values()]})
        return sidebar

    def _item(self, request: HttpRequest, model: dict[str, Any]) -> dict[str, Any]:
        registered = self._registry[model["model"]]
        return {
            "title": model["name"],
            "icon": getattr(registered, "icon", "table_rows"),
            "link": model["admin_url"],
            "active": self._get_is_active(request, model["admin_url"]),
            "has_permission": True,
        }


class PlatformSite(House):
    settings_name = "UNFOLD_PLATFORM"


class TenantSite(House):
    settings_name = "UNFOLD"


platform_site = PlatformSite()
tenant_site = TenantSite()


class ReadOnlyAdmin(ModelAdmin):
    """For what the platform writes and nobody may change by hand."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class GuardedAdmin(ReinforcedGuardedModelAdminMixin, ModelAdmin):
    """An admin page that obeys object permissions, as the API does, and where they are given.

    A user without the model-wide permission sees and changes those objects that were opened to them.
    To change an object is not to give rights on it: that takes guardian's own permissions, or a superuser.
    """

    def get_queryset(self, request):
        queryset = ModelAdmin.get_queryset(self, request)
        perms = [self._perm("view"), self._perm("change")]
        return get_objects_for_user(request.user, perms, queryset, any_perm=True)

    def has_module_permission(self, request):
        return super().has_module_permission(request) or self._has_some(request)

    def has_view_permission(self, request, obj=None):
        return any(self._may(request, action, obj) for action in ("view", "change"))

    def has_change_permission(self, request, obj=None):
        return self._may(request, "change", obj)

    def has_delete_permission(self, request, obj=None):
        return self._may(request, "delete", obj)

    def get_obj_perms_base_context(self, request, obj):
        context = super().get_obj_perms_base_context(request, obj)
        for permission in context["model_perms"]:
            permission.name = rights.words(permission)
        return context

    def get_obj_perms_manage_user_form(self, request):
        return _in_words(super().get_obj_perms_manage_user_form(request))

    def get_obj_perms_manage_group_form(self, request):
        return _in_words(super().get_obj_perms_manage_group_form(request))

    def _perm(self, action):
        return f"{self.opts.app_label}.{action}_{self.opts.model_name}"

    def _may(self, request, action, obj):
        user, perm = request.user, self._perm(action)
        if user.has_perm(perm):
            return True
        if obj is None:
            return action == "view" and self._has_some(request)
        return user.has_perm(perm, obj)

    def _has_some(self, request):
        """Whether any object is open to the user; asked once for each request and model."""
        if not request.user.is_active:  # nobody: Django asks this for the sign-in page too
            return False
        known = request.__dict__.setdefault("_open_models", {})
        if self.model not in known:
            known[self.model] = self.get_queryset(request).exists()
        return known[self.model]


def _in_words(form):
    """The form that gives rights on one object, with their names in the reader's language."""

    class InWords(form):
        def get_obj_perms_field_choices(self):
            return [(perm.codename, rights.words(perm)) for perm in get_perms_for_model(self.obj)]

    return InWords
