"""How the work goes, over HTTP: read-only, and only of jobs that the user may see."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.preferences import zone_of
from apps.monitoring.api import serializers
from apps.monitoring.selectors import dashboard, rankings, statistics


class DashboardView(APIView):
    @extend_schema(
        operation_id="dashboard",
        parameters=[serializers.ZoneQuerySerializer],
        responses=serializers.DashboardSerializer,
    )
    def get(self, request):
        """The tenant at a glance: what runs now, how today goes beside yesterday, what comes next."""
        asked = _asked(serializers.ZoneQuerySerializer, request)
        board = dashboard.of(request.user, zone=_zone(asked, request))
        return Response(serializers.DashboardSerializer(board).data)


class RankingsView(APIView):
    @extend_schema(
        operation_id="dashboard_jobs",
        parameters=[serializers.ZoneQuerySerializer],
        responses=serializers.RankingsSerializer,
    )
    def get(self, request):
        """The jobs that were slowest and flakiest in the last seven days, ten of each at most."""
        asked = _asked(serializers.ZoneQuerySerializer, request)
        ranked = rankings.of(request.user, zone=_zone(asked, request))
        return Response(serializers.RankingsSerializer(ranked).data)


class JobStatisticsView(APIView):
    @extend_schema(
        operation_id="statistics_job",
        parameters=[serializers.StatisticsQuerySerializer],
        responses=serializers.StatisticsSerializer,
    )
    def get(self, request, pk):
        """How a job did, day by day. A run counts on the day on which it ended."""
        asked = _asked(serializers.StatisticsQuerySerializer, request)
        job = statistics.visible_job(request.user, pk)
        if job is None:
            raise Http404
        found = statistics.of(job, zone=_zone(asked, request), days=asked["days"])
        return Response(serializers.StatisticsSerializer(found).data)


def _asked(serializer, request):
    asked = serializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    return asked.validated_data


def _zone(asked, request) -> ZoneInfo:
    return ZoneInfo(asked.get("zone") or zone_of(request.user, tenant_zone=request.tenant.time_zone))
