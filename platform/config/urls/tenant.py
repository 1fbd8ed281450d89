"""A tenant's subdomain: its admin, its API, its SPA."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from config import api_docs, spa
from kernel.sites import tenant_site

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", tenant_site.urls),
    path("api/v1/", include("apps.accounts.api.urls")),
    path("api/v1/", include("apps.datasources.api.urls")),
    path("api/v1/", include("apps.executors.api.urls")),
    path("api/v1/", include("apps.jobs.api.urls")),
    path("api/v1/", include("apps.scheduling.api.urls")),
    path("api/v1/", include("apps.monitoring.api.urls")),
    path("api/v1/", include(api_docs.urls("config.urls.tenant"))),
    re_path(r"^(?!api/|admin/|static/|ws/)", spa.index, name="spa"),
]

handler400 = "config.error_pages.bad_request"
handler403 = "config.error_pages.forbidden"
handler404 = "config.error_pages.not_found"
handler500 = "config.error_pages.server_error"
