"""Served on a tenant's host, below /api/v1/."""

from rest_framework.routers import SimpleRouter

from apps.scheduling.api import views

router = SimpleRouter()
router.register("triggers", views.TriggerViewSet, basename="trigger")

urlpatterns = router.urls
