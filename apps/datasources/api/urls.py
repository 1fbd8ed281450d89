"""Served on a tenant's host, below /api/v1/."""

from rest_framework.routers import SimpleRouter

from apps.datasources.api import views

router = SimpleRouter()
router.register("datasources", views.DatasourceViewSet, basename="datasource")

urlpatterns = router.urls
