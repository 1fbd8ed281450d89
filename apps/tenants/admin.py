"""Tenants on the platform's admin site."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminTextInputWidget

from apps.tenants import downloads, selectors
from apps.tenants.models import State, Tenant
from apps.tenants.services import tenants
from kernel.errors import DomainError
from kernel.sites import platform_site


class NewTenantForm(forms.ModelForm):
    username = forms.CharField(
        label=_("First user"),
        initial="admin",
        max_length=150,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Becomes the tenant's superuser. The password is made here and shown once."),
    )
    email = forms.EmailField(label=_("Email address"), required=False, widget=UnfoldAdminEmailInputWidget)

    class Meta:
        model = Tenant
        fields = ["name", "slug", "time_zone"]
        widgets = dict.fromkeys(fields, UnfoldAdminTextInputWidget)


class NameForm(forms.Form):
    """Asks for a tenant's name, to be sure that it is the one that is meant."""

    confirm = forms.CharField(label=_("Name of the tenant"), strip=False, widget=UnfoldAdminTextInputWidget)


@admin.register(Tenant, site=platform_site)
class TenantAdmin(ModelAdmin):
    """Every deed is a service's; this page only asks and shows. For superusers of the platform alone."""

    icon = "apartment"
    list_display = ["name", "host", "shown_state", "time_zone", "created_at"]
    list_filter = ["state"]
    search_fields = ["name", "slug"]
    ordering = ["name"]
    fields = ["name", "host", "state", "schema_name", "time_zone", "created_at"]
    readonly_fields = fields
    actions = ["suspend_selected", "resume_selected"]
    actions_detail = ["suspend", "resume", "export"]

    def get_queryset(self, request):
        return selectors.customers().order_by(*self.ordering)

    def has_module_permission(self, request):
        return request.user.is_superuser

    def has_view_permission(self, request, obj=None):
        return request.user.is_superuser

    def has_add_permission(self, request):
        return request.user.is_superuser

    def has_delete_permission(self, request, obj=None):
        return request.user.is_superuser

    def has_change_permission(self, request, obj=None):
        return False

    def has_suspend_permission(self, request, object_id=None):
        return request.user.is_superuser and self._state_of(object_id) == State.ACTIVE

    def has_resume_permission(self, request, object_id=None):
        return request.user.is_superuser and self._state_of(object_id) == State.SUSPENDED

    def has_operate_permission(self, request, object_id=None):
        return request.user.is_superuser

    def _state_of(self, object_id):
        return selectors.customers().filter(pk=object_id).values_list("state", flat=True).first()

    # --- the list -------------------------------------------------------------------------------

    @admin.display(description=_("address"), ordering="slug")
    def host(self, tenant):
        return ", ".join(domain.domain for domain in tenant.domains.all())

    @display(
        description=_("state"),
        ordering="state",
        label={State.ACTIVE: "success", State.SUSPENDED: "danger"},
    )
    def shown_state(self, tenant):
        return tenant.state, tenant.get_state_display()

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)  # each is asked for by name
        return actions

    @admin.action(description=_("Suspend"), permissions=["operate"])
    def suspend_selected(self, request, queryset):
        for tenant in queryset:
            tenants.suspend(tenant.pk, actor=request.user)

    @admin.action(description=_("Resume"), permissions=["operate"])
    def resume_selected(self, request, queryset):
        for tenant in queryset:
            tenants.resume(tenant.pk, actor=request.user)

    # --- one tenant -----------------------------------------------------------------------------

    @action(
        description=_("Suspend"),
        permissions=["suspend"],
        icon="pause",
        variant=ActionVariant.WARNING,
        dialog={
            "title": _("Suspend the tenant?"),
            "description": _("Every request to it is refused until it is resumed. Nothing is lost."),
            "form_submit_text": _("Suspend"),
        },
    )
    def suspend(self, request, form, object_id):
        tenants.suspend(int(object_id), actor=request.user)
        return self._back(request, object_id)

    @action(
        description=_("Resume"),
        permissions=["resume"],
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Resume the tenant?"),
            "description": _("Its people, programs and schedules work again from now on."),
            "form_submit_text": _("Resume"),
        },
    )
    def resume(self, request, form, object_id):
        tenants.resume(int(object_id), actor=request.user)
        return self._back(request, object_id)

    @action(description=_("Export"), permissions=["operate"], icon="download")
    def export(self, request, object_id):
        return downloads.export_of(self._found(request, object_id), actor=request.user)

    def _back(self, request, object_id):
        """Dialogs are sent by htmx, which follows a redirect of the whole page only when told so."""
        url = reverse("admin:tenants_tenant_change", args=[object_id])
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)

    def _found(self, request, object_id):
        tenant = self.get_object(request, object_id)
        if tenant is None:
            raise Http404
        return tenant

    # --- making and deleting --------------------------------------------------------------------

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewTenantForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                made = tenants.create(**form.cleaned_data, actor=request.user)
            except DomainError as error:
                form.add_error(error.field if error.field in form.fields else None, error.render(gettext))
            else:
                return self._page(
                    request, "tenants/created.html", title=_("The tenant is made"), made=made, once=True
                )
        return self._page(request, "tenants/create.html", title=_("New tenant"), form=form)

    def delete_view(self, request, object_id, extra_context=None):
        if not self.has_delete_permission(request):
            raise PermissionDenied
        tenant = self._found(request, object_id)
        form = NameForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                tenants.delete(tenant.pk, confirm_name=form.cleaned_data["confirm"], actor=request.user)
            except DomainError as error:
                form.add_error("confirm", error.render(gettext))
            else:
                messages.success(request, _("The tenant %(name)s is deleted.") % {"name": tenant.name})
                return HttpResponseRedirect(reverse("admin:tenants_tenant_changelist"))
        return self._page(
            request, "tenants/delete.html", title=_("Delete the tenant"), form=form, tenant=tenant
        )

    def _page(self, request, template, *, once=False, **context):
        headers = {"Cache-Control": "no-store"} if once else None
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, template, {**shared, **context}, headers=headers)
