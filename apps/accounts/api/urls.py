"""Served on every host, below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.accounts.api import views

router = SimpleRouter()
router.register("sessions", views.SessionViewSet, basename="session")
router.register("views", views.SavedViewSet, basename="view")
router.register("tokens", views.TokenViewSet, basename="token")

urlpatterns = [
    path("session/", views.SessionView.as_view(), name="session"),
    path("account/", views.AccountView.as_view(), name="account"),
    path("account/password/", views.PasswordView.as_view(), name="account-password"),
    *router.urls,
]
