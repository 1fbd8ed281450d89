"""Served on a tenant's host, below /api/v1/."""

from rest_framework.routers import SimpleRouter

from apps.jobs.api.views.jobs import JobViewSet
from apps.jobs.api.views.runs import RunViewSet

router = SimpleRouter()
router.register("jobs", JobViewSet, basename="job")
router.register("runs", RunViewSet, basename="run")

urlpatterns = router.urls
