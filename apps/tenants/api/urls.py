"""Served on the bare domain only, below /api/v1/."""

from rest_framework.routers import SimpleRouter

from apps.tenants.api import views

router = SimpleRouter()
router.register("tenants", views.TenantViewSet, basename="tenant")

urlpatterns = router.urls
