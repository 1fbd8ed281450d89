"""Served on a tenant's host, below /api/v1/."""

from django.urls import path

from apps.monitoring.api import views

urlpatterns = [
    path("dashboard/", views.DashboardView.as_view(), name="dashboard"),
    path("dashboard/jobs/", views.RankingsView.as_view(), name="dashboard-jobs"),
    path("statistics/jobs/<uuid:pk>/", views.JobStatisticsView.as_view(), name="statistics-job"),
]
