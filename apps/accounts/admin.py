"""People, groups and tokens in both admin sites: each shows those of its own schema."""

from __future__ import annotations

from datetime import timedelta

from axes.models import AccessAttempt, AccessLog
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from apps.accounts.errors import TokenNameTaken
from apps.accounts.models import ApiToken, User
from apps.accounts.services import sessions, tokens
from apps.audit.audited import Audited
from kernel import rights
from kernel.sites import ReadOnlyAdmin, platform_site, tenant_site


class GrantableMixin:
    """Offers the permissions of what this site shows, not of every table there is."""

    def formfield_for_manytomany(self, db_field, request=None, **kwargs):
        if db_field.related_model is Permission:
            shown = Q()
            for model in self.admin_site._registry:
                shown |= Q(
                    content_type__app_label=model._meta.app_label, content_type__model=model._meta.model_name
                )
            kwargs["queryset"] = Permission.objects.filter(shown).select_related("content_type")
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.related_model is Permission:
            field.label_from_instance = rights.words
        return field


@admin.register(User, site=platform_site)
@admin.register(User, site=tenant_site)
class UserAdmin(Audited, GrantableMixin, DjangoUserAdmin, ModelAdmin):
    """Only a superuser gives rights, or touches another superuser: staff can't raise themselves."""

    icon = "person"
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "display_name", "email", "active", "staff", "superuser", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser", "groups"]
    list_filter_submit = True
    search_fields = ["username", "display_name", "email"]
    ordering = ["username"]
    actions = ["disable", "enable"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": ["display_name", "email", "language", "time_zone"]}),
        (
            _("Rights"),
            {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]},
        ),
        (_("Times"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "classes": ["wide"],
                "fields": ["username", "email", "usable_password", "password1", "password2"],
            },
        )
    ]
    filter_horizontal = ()
    autocomplete_fields = ["groups"]

    def get_readonly_fields(self, request, obj=None):
        fixed = ["last_login", "date_joined"]
        if not request.user.is_superuser:
            fixed += ["is_staff", "is_superuser", "groups", "user_permissions"]
        if obj is not None and obj == request.user:
            fixed += ["is_active", "is_superuser"]
        return fixed

    def has_change_permission(self, request, obj=None):
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or request.user.is_superuser or not obj.is_superuser)

    def has_delete_permission(self, request, obj=None):
        allowed = super().has_delete_permission(request, obj) and obj != request.user
        return allowed and (obj is None or request.user.is_superuser or not obj.is_superuser)

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)  # would pass by the two rules above
        return actions

    @admin.action(description=_("Disable: ends sessions and tokens at once"), permissions=["change"])
    def disable(self, request, queryset):
        self._set_active(request, queryset.exclude(pk=request.user.pk), active=False)

    @admin.action(description=_("Enable"), permissions=["change"])
    def enable(self, request, queryset):
        self._set_active(request, queryset, active=True)

    def _set_active(self, request, queryset, *, active):
        changed = 0
        for user in queryset.exclude(is_active=active):
            if self.has_change_permission(request, user):
                with transaction.atomic():
                    User.objects.filter(pk=user.pk).update(is_active=active)
                    if not active:
                        sessions.drop(user)
                    self._record(request, user, "enabled" if active else "disabled", {})
                changed += 1
        messages.success(request, _("Users changed: %(count)d.") % {"count": changed})

    @display(description=_("active"), boolean=True, ordering="is_active")
    def active(self, user):
        return user.is_active

    @display(description=_("staff"), boolean=True, ordering="is_staff")
    def staff(self, user):
        return user.is_staff

    @display(description=_("superuser"), boolean=True, ordering="is_superuser")
    def superuser(self, user):
        return user.is_superuser


@admin.register(Group, site=platform_site)
@admin.register(Group, site=tenant_site)
class GroupAdmin(Audited, GrantableMixin, DjangoGroupAdmin, ModelAdmin):
    icon = "groups"


class NewTokenForm(forms.ModelForm):
    expires_in_days = forms.IntegerField(
        label=_("Expires in days"),
        min_value=1,
        max_value=tokens.LONGEST_LIFE // timedelta(days=1),
        initial=90,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    class Meta:
        model = ApiToken
        fields = ["name"]
        widgets = {"name": UnfoldAdminTextInputWidget}


@admin.register(ApiToken, site=platform_site)
@admin.register(ApiToken, site=tenant_site)
class ApiTokenAdmin(ModelAdmin):
    """Everybody makes tokens for themselves only; who may delete tokens revokes anybody's."""

    icon = "key"
    list_display = ["name", "user", "shown_prefix", "created", "expiry", "last_used_at"]
    list_select_related = ["user"]
    list_filter = ["expiry"]
    search_fields = ["name", "user__username"]
    fields = ["name", "user", "shown_prefix", "created", "expiry", "last_used_at"]
    readonly_fields = fields

    def has_change_permission(self, request, obj=None):
        return False

    def get_form(self, request, obj=None, change=False, **kwargs):
        return super().get_form(request, obj, change, **kwargs) if obj else NewTokenForm

    def get_fields(self, request, obj=None):
        return self.fields if obj else ["name", "expires_in_days"]

    def get_readonly_fields(self, request, obj=None):
        return self.readonly_fields if obj else []

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def save_model(self, request, obj, form, change):
        lifetime = timedelta(days=form.cleaned_data["expires_in_days"])
        token, request.issued_key = tokens.issue(user=request.user, name=obj.name, lifetime=lifetime)
        obj.__dict__.update(token.__dict__)

    def changeform_view(self, request, *args, **kwargs):
        try:
            return super().changeform_view(request, *args, **kwargs)
        except TokenNameTaken as error:
            messages.error(request, str(error))
            return self.response_post_save_add(request, None)

    def response_add(self, request, obj, post_url_continue=None):
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("API token"),
            "token": obj,
            "key": request.issued_key,
        }
        return TemplateResponse(
            request, "accounts/token_issued.html", context, headers={"Cache-Control": "no-store"}
        )

    def delete_model(self, request, obj):
        tokens.revoke(obj.pk, owner=obj.user, actor=request.user)

    @admin.display(description=_("first characters"), ordering="token_key")
    def shown_prefix(self, token):
        return format_html("<code>{}…</code>", token.token_key)


class SignInAdmin(ReadOnlyAdmin):
    icon = "lock"
    list_filter = ["username"]
    search_fields = ["username", "ip_address"]
    show_full_result_count = False


@admin.register(AccessAttempt, site=platform_site)
@admin.register(AccessAttempt, site=tenant_site)
class FailedSignInAdmin(SignInAdmin):
    """Who is locked out, or nearly so; a superuser lets them in again by deleting the row."""

    list_display = ["attempt_time", "username", "ip_address", "failures_since_start"]
    fields = ["attempt_time", "username", "ip_address", "user_agent", "path_info", "failures_since_start"]

    def has_delete_permission(self, request, obj=None):
        return request.user.is_superuser


@admin.register(AccessLog, site=platform_site)
@admin.register(AccessLog, site=tenant_site)
class SignInLogAdmin(SignInAdmin):
    icon = "login"
    list_display = ["attempt_time", "logout_time", "username", "ip_address"]
    fields = ["attempt_time", "logout_time", "username", "ip_address", "user_agent", "path_info"]
