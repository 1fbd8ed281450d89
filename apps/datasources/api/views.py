"""Datasources over HTTP."""

from __future__ import annotations

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response

from apps.accounts.selectors import require
from apps.datasources.api.filters import DatasourceFilter
from apps.datasources.api.serializers import (
    DatasourceSerializer,
    DiagnosisSerializer,
    DraftSerializer,
    KindSerializer,
)
from apps.datasources.models import Datasource
from apps.datasources.selectors import datasources as selectors
from apps.datasources.selectors import kinds
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

    @extend_schema(filters=False, responses=KindSerializer(many=True))
    @action(detail=False, pagination_class=None, filterset_class=None)
    def kinds(self, request):
        """The kinds of database that there are, and what a form asks for each."""
        return Response(KindSerializer(kinds.described(), many=True).data)

    @extend_schema(operation_id="datasources_try_out", request=DraftSerializer, responses=DiagnosisSerializer)
    @action(detail=False, methods=["post"], url_path="test", url_name="try-out")
    def try_out(self, request):
        """Test settings before they are saved; whoever may save them may test them."""
        changes = "id" in request.data
        given = DraftSerializer(data=request.data, partial=changes)
        given.is_valid(raise_exception=True)
        facts = dict(given.validated_data)
        stored = None
        if changes:
            stored = get_object_or_404(self.get_queryset(), pk=facts.pop("id"))
            require(request.user, "datasources.change_datasource", stored)
        else:
            require(request.user, "datasources.add_datasource")
        found = diagnosis.try_out(datasources.draft(stored, **facts), by=request.user)
        return Response(found.describe(gettext))

    @extend_schema(request=None, responses=DiagnosisSerializer)
    @action(detail=True, methods=["post"])
    def test(self, request, pk=None):
        datasource = self.get_object()
        require(request.user, "datasources.use_datasource", datasource)
        found = diagnosis.test(datasource, by=request.user)
        return Response(found.describe(gettext), status=status.HTTP_200_OK)
