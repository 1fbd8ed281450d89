"""Tenants, for the platform's administrators."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.response import Response

from apps.tenants import downloads, selectors
from apps.tenants.api import serializers
from apps.tenants.models import Tenant
from apps.tenants.services import tenants


class IsPlatformAdministrator(BasePermission):
    """A superuser of the public schema: there is no lesser right over a whole tenant."""

    def has_permission(self, request, view):
        return bool(request.user.is_active and request.user.is_superuser and not request.tenant.is_customer)


class TenantViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    queryset = Tenant.objects.none()
    serializer_class = serializers.TenantSerializer
    permission_classes = [IsPlatformAdministrator]
    filterset_fields = ["state", "slug"]
    ordering_fields = ["name", "slug", "created_at"]

    def get_queryset(self):
        return selectors.customers()

    @extend_schema(
        request=serializers.NewTenantSerializer, responses={201: serializers.CreatedTenantSerializer}
    )
    def create(self, request):
        given = serializers.NewTenantSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        made = tenants.create(**given.validated_data, actor=request.user)
        return Response(serializers.CreatedTenantSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=serializers.DeleteTenantSerializer, responses={204: None})
    def destroy(self, request, pk=None):
        tenant = self.get_object()
        given = serializers.DeleteTenantSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        tenants.delete(tenant.pk, confirm_name=given.validated_data["confirm"], actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=serializers.TenantSerializer)
    @action(detail=True, methods=["post"])
    def suspend(self, request, pk=None):
        tenants.suspend(self.get_object().pk, actor=request.user)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=None, responses=serializers.TenantSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request, pk=None):
        tenants.resume(self.get_object().pk, actor=request.user)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=None, responses={(200, "application/zip"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["post"])
    def export(self, request, pk=None):
        """A zip of JSON lines. POST, because it is written into the audit log."""
        return downloads.export_of(self.get_object(), actor=request.user)
