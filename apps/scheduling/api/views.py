"""Triggers over HTTP. The rights are the job's: to see it, to change it, to operate it."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.accounts.selectors import require
from apps.scheduling.api import serializers
from apps.scheduling.api.filters import TriggerFilter
from apps.scheduling.domain.schedules import Schedule
from apps.scheduling.models import Trigger
from apps.scheduling.selectors import previews
from apps.scheduling.selectors import triggers as selectors
from apps.scheduling.services import triggers
from kernel.clock import database_now


class TriggerViewSet(viewsets.ReadOnlyModelViewSet):
    """When jobs run."""

    queryset = Trigger.objects.none()
    serializer_class = serializers.TriggerSerializer
    filterset_class = TriggerFilter
    ordering_fields = ["name", "kind", "next_fire_at", "last_fire_at", "created_at", "updated_at"]

    def get_queryset(self):
        return selectors.visible_to(self.request.user)

    @extend_schema(request=serializers.NewTriggerSerializer, responses={201: serializers.TriggerSerializer})
    def create(self, request):
        given = serializers.NewTriggerSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        facts = dict(given.validated_data)
        job = selectors.job_of(facts.pop("job"), seen_by=request.user)
        require(request.user, "jobs.change_job", job)
        made = triggers.create(job_id=job.pk, by=request.user, **facts)
        return self._shown(made.pk, status=status.HTTP_201_CREATED)

    @extend_schema(request=serializers.TriggerChangeSerializer, responses=serializers.TriggerSerializer)
    def partial_update(self, request, pk=None):
        trigger = self._allowed("jobs.change_job")
        given = serializers.TriggerChangeSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        triggers.save(trigger.pk, by=request.user, **given.validated_data)
        return self._shown(trigger.pk)

    @extend_schema(responses={204: None})
    def destroy(self, request, pk=None):
        triggers.delete(self._allowed("jobs.change_job").pk, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=serializers.TriggerSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request, pk=None):
        """From now on the trigger has no slots."""
        trigger = self._allowed("jobs.operate_job")
        triggers.pause(trigger.pk, by=request.user)
        return self._shown(trigger.pk)

    @extend_schema(request=None, responses=serializers.TriggerSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request, pk=None):
        """The trigger counts from now."""
        trigger = self._allowed("jobs.operate_job")
        triggers.resume(trigger.pk, by=request.user)
        return self._shown(trigger.pk)

    @extend_schema(
        operation_id="triggers_preview",
        request=serializers.ScheduleSerializer,
        parameters=[serializers.CountSerializer],
        responses=serializers.PreviewSerializer,
    )
    @action(detail=False, methods=["post"], url_path="preview", url_name="preview", filterset_class=None)
    def preview(self, request):
        """A schedule that is not stored yet, in words and with its next fire times; it counts from now."""
        given = serializers.ScheduleSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self._preview(_schedule(given.validated_data, zone=request.tenant.time_zone))

    @extend_schema(
        operation_id="triggers_next",
        parameters=[serializers.CountSerializer],
        responses=serializers.PreviewSerializer,
    )
    @action(detail=True, methods=["get"], url_path="preview", url_name="next", filterset_class=None)
    def next(self, request, pk=None):
        """When the trigger will fire, were it neither paused nor muted."""
        return self._preview(self.get_object().schedule)

    def _preview(self, schedule: Schedule) -> Response:
        asked = serializers.CountSerializer(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        shown = previews.preview(
            schedule, after=database_now(), count=asked.validated_data["count"], translate=gettext
        )
        return Response(serializers.PreviewSerializer(shown).data)

    def _allowed(self, perm: str) -> Trigger:
        """The trigger of the address; unseen is 404, seen but without the right on its job 403."""
        trigger = self.get_object()
        require(self.request.user, perm, selectors.job_of(trigger.job_id, seen_by=self.request.user))
        return trigger

    def _shown(self, pk, *, status=status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=pk)).data, status=status)


def _schedule(facts, *, zone: str) -> Schedule:
    """The schedule that a new trigger of these facts would have."""
    seconds = facts.get("interval_seconds")
    start_at = facts.get("start_at")
    return Schedule(
        kind=facts["kind"],
        expression=facts.get("expression", ""),
        interval=None if seconds is None else timedelta(seconds=seconds),
        once_at=facts.get("once_at"),
        zone=facts.get("zone", zone),
        start_at=start_at,
        end_at=facts.get("end_at"),
        anchor=start_at or database_now(),
    )
