"""The bare domain: the platform's administrators."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from config import api_docs
from kernel.sites import platform_site

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", platform_site.urls),
    path("api/v1/", include("apps.accounts.api.urls")),
    path("api/v1/", include("apps.tenants.api.urls")),
    path("api/v1/", include(api_docs.urls("config.urls.public"))),
    path("", RedirectView.as_view(url="/admin/")),
]

handler400 = "config.error_pages.bad_request"
handler403 = "config.error_pages.forbidden"
handler404 = "config.error_pages.not_found"
handler500 = "config.error_pages.server_error"
