"""Served on a tenant's host, below /api/v1/."""

from rest_framework.routers import SimpleRouter

from apps.executors.api import views

router = SimpleRouter()
router.register("executors", views.ExecutorViewSet, basename="executor")

urlpatterns = router.urls
