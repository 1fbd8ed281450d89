"""Served on a tenant's host, below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.jobs.api.views.editing import EditingView
from apps.jobs.api.views.jobs import JobViewSet
from apps.jobs.api.views.runs import RunViewSet

router = SimpleRouter()
router.register("jobs", JobViewSet, basename="job")
router.register("runs", RunViewSet, basename="run")

urlpatterns = [
    path("jobs/<uuid:pk>/editing/", EditingView.as_view(), name="job-editing"),
    *router.urls,
]
