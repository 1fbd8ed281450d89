"""Datasources on the tenant's admin site: the services write, the password goes in only."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextareaWidget

from apps.accounts.selectors import may
from apps.datasources.domain.kinds import Kind
from apps.datasources.models import Datasource
from apps.datasources.services import datasources, diagnosis
from kernel.errors import DomainError
from kernel.sites import GuardedAdmin, tenant_site


class DatasourceForm(forms.ModelForm):
    """Runs the service inside a savepoint to find out what is wrong; the page's own save repeats it for good."""

    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        max_length=1024,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}, render_value=False),
        help_text=_("It is stored encrypted and never shown. Empty keeps the stored one."),
    )

    class Meta:
        model = Datasource
        fields = datasources.SETTINGS
        widgets = {"description": UnfoldAdminTextareaWidget(attrs={"rows": 3})}

    user = None  # set by the page

    def clean_options(self):
        return self.cleaned_data["options"] or {}

    def settings(self):
        """Without what was typed into fields that the page hides for this kind."""
        chosen = {name: self.cleaned_data[name] for name in datasources.SETTINGS}
        if chosen["kind"] == Kind.SQLITE:
            return {**chosen, "host": "", "port": None, "database": "", "username": ""}
        return {**chosen, "path": ""}

    def write(self):
        password = self.cleaned_data["password"]
        if self.instance._state.adding:
            return datasources.create(by=self.user, password=password, **self.settings())
        return datasources.update(self.instance.pk, by=self.user, password=password, **self.settings())

    def save(self, commit=True):
        """The service writes, whatever ``commit`` says: the page calls this within its own transaction."""
        self.instance = self.write()
        self.save_m2m = lambda: None
        return self.instance

    def _post_clean(self):
        """In place of the model's own checks, which know less than the service."""
        if self.errors:
            return
        try:
            with transaction.atomic():
                self.write()
                transaction.set_rollback(True)
        except DomainError as error:
            self.add_error(error.field if error.field in self.fields else None, error.render(gettext))


@admin.register(Datasource, site=tenant_site)
class DatasourceAdmin(GuardedAdmin):
    icon = "database"
    form = DatasourceForm
    list_display = ["name", "shown_kind", "place", "is_read_only", "owner", "updated_at"]
    list_filter = ["kind", "is_read_only"]
    list_select_related = ["owner"]
    search_fields = ["name", "host", "database", "path"]
    ordering = ["name"]
    readonly_fields = ["owner", "created_at", "updated_at"]
    actions_detail = ["test_connection"]
    conditional_fields = {
        "host": "kind != 'sqlite'",
        "port": "kind != 'sqlite'",
        "database": "kind != 'sqlite'",
        "username": "kind != 'sqlite'",
        "password": "kind != 'sqlite'",
        "path": "kind == 'sqlite'",
    }
    fieldsets = [
        (None, {"fields": ["name", "description", "kind"]}),
        (
            _("Connection"),
            {"fields": ["host", "port", "database", "username", "password", "path", "options"]},
        ),
        (
            _("Limits"),
            {"fields": ["is_read_only", "statement_timeout_seconds", "max_rows", "max_connections"]},
        ),
        (_("Record"), {"fields": ["owner", "created_at", "updated_at"]}),
    ]

    @display(description=_("kind"), ordering="kind", label=True)
    def shown_kind(self, datasource):
        return datasource.get_kind_display()

    @admin.display(description=_("place"))
    def place(self, datasource):
        if datasource.path:
            return datasource.path
        return f"{datasource.database} @ {datasource.host}:{datasource.port}"

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"user": request.user})

    def save_model(self, request, obj, form, change):
        """The form's service has written and recorded it already."""

    def delete_model(self, request, obj):
        datasources.delete(obj.pk, by=request.user)

    def delete_queryset(self, request, queryset):
        for datasource in queryset:
            datasources.delete(datasource.pk, by=request.user)

    def has_use_permission(self, request, object_id=None):
        datasource = self.get_queryset(request).filter(pk=object_id).first() if object_id else None
        return may(request.user, "datasources.use_datasource", datasource)

    @action(
        description=_("Test connection"),
        permissions=["use"],
        icon="network_check",
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Test the connection?"),
            "description": _("Signs in with the stored settings, asks for the version and leaves again."),
            "form_submit_text": _("Test"),
        },
    )
    def test_connection(self, request, form, object_id):
        datasource = get_object_or_404(self.get_queryset(request), pk=object_id)
        if not self.has_use_permission(request, object_id):
            raise PermissionDenied
        found = diagnosis.test(datasource, by=request.user)
        if found.error:
            messages.error(request, found.error.render(gettext))
        else:
            messages.success(
                request,
                gettext(
                    "%(server)s answers: connected in %(connect_ms)d ms, one question takes %(latency_ms)s ms."
                )
                % {
                    "server": found.server,
                    "connect_ms": found.connect_ms,
                    "latency_ms": found.latency_ms,
                },
            )
        url = reverse("admin:datasources_datasource_change", args=[object_id])
        if request.headers.get("HX-Request"):  # the dialog's script follows a redirect only when told so
            return HttpResponse(headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)
