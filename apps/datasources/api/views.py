"""Datasources over HTTP."""

from __future__ import annotations

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.accounts.selectors import require
from apps.datasources.api.filters import DatasourceFilter
from apps.datasources.api.serializers import DatasourceSerializer, DiagnosisSerializer
from apps.datasources.models import Datasource
from apps.datasources.selectors import datasources as selectors
from apps.datasources.services import datasources, diagnosis


class DatasourceViewSet(viewsets.ModelViewSet):
    """Databases that SQL jobs run on. A test asks for the right to use the datasource."""

    queryset = Datasource.objects.none()
    serializer_class = DatasourceSerializer
    filterset_class = DatasourceFilter
    ordering_fields = ["name", "kind", "created_at", "updated_at"]
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def get_queryset(self):
        return selectors.visible_to(self.request.user)

    def perform_create(self, serializer):
        require(self.request.user, "datasources.add_datasource")
        given = {"password": "", **serializer.validated_data}
        given["password"] = given["password"] or ""
        serializer.instance = datasources.create(by=self.request.user, **given)

    def perform_update(self, serializer):
        datasource = serializer.instance
        require(self.request.user, "datasources.change_datasource", datasource)
        serializer.instance = datasources.update(
            datasource.pk, by=self.request.user, **serializer.validated_data
        )

    def perform_destroy(self, instance):
        require(self.request.user, "datasources.delete_datasource", instance)
        datasources.delete(instance.pk, by=self.request.user)

    @extend_schema(request=None, responses=DiagnosisSerializer)
    @action(detail=True, methods=["post"])
    def test(self, request, pk=None):
        datasource = self.get_object()
        require(request.user, "datasources.use_datasource", datasource)
        found = diagnosis.test(datasource, by=request.user)
        return Response(found.describe(gettext), status=status.HTTP_200_OK)
