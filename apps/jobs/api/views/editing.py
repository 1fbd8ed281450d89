"""Two people who edit one job learn of each other."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from apps.accounts.selectors import require
from apps.jobs.api.serializers import editing as serializers
from apps.jobs.models import Job
from apps.jobs.selectors import jobs as selectors
from apps.jobs.services import editing


class EditingView(GenericAPIView):
    """What a page says that has a job open for editing: every 15 seconds, and when it is closed."""

    queryset = Job.objects.none()
    serializer_class = serializers.EditingSerializer

    def get_queryset(self):
        return selectors.listed_to(self.request.user)

    def filter_queryset(self, queryset):
        return queryset

    @extend_schema(
        operation_id="jobs_editing",
        request=serializers.EditingSerializer,
        responses=serializers.EditorsSerializer,
    )
    def put(self, request, pk=None):
        """This tab edits the job, for the next 40 seconds. Answers who else does, and which version is current."""
        job = self._editable()
        given = serializers.EditingSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        others = editing.tell(job.pk, by=request.user, **given.validated_data)
        content = {"others": others, "version": job.version.number}
        return Response(serializers.EditorsSerializer(content, context=self.get_serializer_context()).data)

    @extend_schema(
        operation_id="jobs_editing_end",
        parameters=[serializers.TabSerializer],
        responses={204: None},
    )
    def delete(self, request, pk=None):
        """This tab edits the job no longer."""
        job = self._editable()
        given = serializers.TabSerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        editing.leave(job.pk, by=request.user, **given.validated_data)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _editable(self):
        job = self.get_object()
        require(self.request.user, "jobs.change_job", job)
        return job
