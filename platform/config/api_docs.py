"""The API's description (OpenAPI), and a page to read and try it, which loads nothing from elsewhere."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import URLPattern, path
from django.utils import translation
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView
from rest_framework.response import Response

_made: dict[tuple[str, str], Any] = {}


@extend_schema(exclude=True)
class SchemaView(SpectacularJSONAPIView):
    """``?lang=en`` or the reader's language. Made once per process and language: it takes a second of computing."""

    def get(self, request: Any) -> Response:
        language = request.GET.get("lang") or request.LANGUAGE_CODE
        if language not in dict(settings.LANGUAGES):
            language = settings.LANGUAGE_CODE
        key = (str(self.urlconf), language)
        if key not in _made:
            with translation.override(language):
                generator = self.generator_class(urlconf=self.urlconf)
                _made[key] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        return Response(_made[key])


@extend_schema(exclude=True)
class DocsView(SpectacularSwaggerView):
    url_name = "api-schema"


def urls(urlconf: str) -> list[URLPattern]:
    """``schema/`` and ``docs/`` of the API that ``urlconf`` serves."""
    return [
        path("schema/", SchemaView.as_view(urlconf=urlconf), name="api-schema"),
        path("docs/", DocsView.as_view(), name="api-docs"),
    ]
