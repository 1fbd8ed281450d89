"""A tenant's subdomain: its admin, its API, its SPA."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
