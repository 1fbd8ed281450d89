"""Jobs over HTTP: made, changed, paused, compared, run."""

from __future__ import annotations

from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.accounts.selectors import require
from apps.jobs.api.filters import JobFilter
from apps.jobs.api.idempotency import KEY_HEADER, key_of
from apps.jobs.api.serializers import jobs as serializers
from apps.jobs.api.serializers.bulk import BulkResultsSerializer, BulkSerializer
from apps.jobs.api.serializers.definitions import DEFINITION
from apps.jobs.api.serializers.runs import NewRunSerializer, RunSerializer, TrialSerializer
from apps.jobs.api.throttles import BulkThrottle
from apps.jobs.domain import diffs, starters
from apps.jobs.domain.run_states import Source
from apps.jobs.models import Job
from apps.jobs.selectors import jobs as selectors
from apps.jobs.selectors import recent, summaries
from apps.jobs.selectors import runs as selectors_of_runs
from apps.jobs.services import bulk, formatting, jobs, runs, trials
from kernel.throttles import HeavyThrottle, RunThrottle, UserThrottle


class JobViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet
):
    """What to run, versioned. Each save that changes the definition is a new version."""

    queryset = Job.objects.none()
    serializer_class = serializers.JobDetailSerializer
    filterset_class = JobFilter
    ordering_fields = ["name", "kind", "created_at", "updated_at"]

    def get_queryset(self):
        if self.action in ("retrieve", "partial_update", "restore"):
            return selectors.visible_to(self.request.user)
        return selectors.listed_to(self.request.user)

    def filter_queryset(self, queryset):
        return super().filter_queryset(queryset) if self.action in ("list", "summary") else queryset

    def get_serializer_class(self):
        return serializers.JobSerializer if self.action == "list" else super().get_serializer_class()

    @extend_schema(parameters=[serializers.RecentQuerySerializer])
    def list(self, request):
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        self._add_recent_runs(page)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(parameters=[serializers.RecentQuerySerializer])
    def retrieve(self, request, pk=None):
        job = self.get_object()
        self._add_recent_runs([job])
        return Response(self.get_serializer(job).data)

    def _add_recent_runs(self, page):
        given = serializers.RecentQuerySerializer(data=self.request.query_params)
        given.is_valid(raise_exception=True)
        most = given.validated_data["recent"]
        if most:
            found = recent.runs_of([job.pk for job in page], most=most)
            for job in page:
                job.recent_runs = found[job.pk]

    @extend_schema(responses=serializers.JobSummarySerializer, filters=True)
    @action(detail=False, pagination_class=None)
    def summary(self, request):
        """How many jobs there are, by tag, owner and kind; narrowed as the list is."""
        found = summaries.of(self.filter_queryset(self.get_queryset()))
        return Response(serializers.JobSummarySerializer(found).data)

    @extend_schema(parameters=[serializers.KindQuerySerializer], responses=DEFINITION, filters=False)
    @action(detail=False, pagination_class=None, filterset_class=None)
    def defaults(self, request):
        """The definition that a new job of this kind begins with: all defaults, and a source that runs as it is.

        The datasource of SQL and the address of an HTTP request are empty: they have to be chosen.
        """
        given = serializers.KindQuerySerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        return Response(starters.begin(given.validated_data["kind"], translate=gettext))

    @extend_schema(request=serializers.SourceSerializer, responses=serializers.FormattedSerializer)
    @action(
        detail=False,
        methods=["post"],
        url_path="format",
        pagination_class=None,
        filterset_class=None,
        throttle_classes=[UserThrottle, HeavyThrottle],
    )
    def shape(self, request):
        """A source in its language's usual shape. One that can't be parsed is refused with ``line`` and ``column``."""
        given = serializers.SourceSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        source = given.validated_data["source"]
        shaped = formatting.shape(given.validated_data["kind"], source)
        return Response(serializers.FormattedSerializer({"source": shaped, "changed": shaped != source}).data)

    @extend_schema(request=BulkSerializer, responses=BulkResultsSerializer)
    @action(
        detail=False,
        methods=["post"],
        pagination_class=None,
        filterset_class=None,
        throttle_classes=[UserThrottle, HeavyThrottle, BulkThrottle],
    )
    def bulk(self, request):
        """Do the same to up to 200 jobs. Each succeeds or fails by itself, and the answer is 200 all the same."""
        given = BulkSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        done = bulk.carry_out(
            bulk.Action(given.validated_data["action"]),
            given.validated_data["ids"],
            by=request.user,
            source=_source_of(request),
            tags=given.validated_data["tags"],
        )
        return Response(BulkResultsSerializer({"results": done}).data)

    @extend_schema(request=serializers.NewJobSerializer, responses={201: serializers.JobDetailSerializer})
    def create(self, request):
        require(request.user, "jobs.add_job")
        given = serializers.NewJobSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        job = jobs.create(by=request.user, **given.validated_data)
        return self._answer(job.pk, status.HTTP_201_CREATED)

    @extend_schema(request=serializers.JobChangeSerializer, responses=serializers.JobDetailSerializer)
    def partial_update(self, request, pk=None):
        job = self.get_object()
        require(request.user, "jobs.change_job", job)
        given = serializers.JobChangeSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        jobs.save(job.pk, by=request.user, **given.validated_data)
        return self._answer(job.pk)

    def perform_destroy(self, instance):
        require(self.request.user, "jobs.delete_job", instance)
        jobs.delete(instance.pk, by=self.request.user)

    @extend_schema(request=None, responses=serializers.JobDetailSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request, pk=None):
        """Stop the job's triggers from firing it. What runs goes on, and a person may still run it."""
        job = self.get_object()
        require(request.user, "jobs.operate_job", job)
        jobs.pause(job.pk, by=request.user)
        return self._answer(job.pk)

    @extend_schema(request=None, responses=serializers.JobDetailSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request, pk=None):
        """Let the job's triggers fire it again."""
        job = self.get_object()
        require(request.user, "jobs.operate_job", job)
        jobs.resume(job.pk, by=request.user)
        return self._answer(job.pk)

    @extend_schema(
        request=NewRunSerializer,
        responses={201: RunSerializer, 200: RunSerializer},
        parameters=[KEY_HEADER],
        operation_id="jobs_run",
    )
    @action(detail=True, methods=["post"], url_path="runs", throttle_classes=[UserThrottle, RunThrottle])
    def run(self, request, pk=None):
        """Ask for a run of the current version. A repeated idempotency key answers 200 with the first run."""
        job = self.get_object()
        require(request.user, "jobs.operate_job", job)
        given = NewRunSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        run, is_new = runs.request_once(
            job,
            source=_source_of(request),
            by=request.user,
            idempotency_key=key_of(request),
            **given.validated_data,
        )
        if not is_new:
            run = selectors_of_runs.visible_to(request.user).get(pk=run.pk)
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(RunSerializer(run, context=self.get_serializer_context()).data, status=code)

    @extend_schema(request=TrialSerializer, responses={201: RunSerializer})
    @action(detail=True, methods=["post"], url_path="try", throttle_classes=[UserThrottle, RunThrottle])
    def try_out(self, request, pk=None):
        """Run a definition without saving it. Takes the rights to change and to operate the job."""
        job = self.get_object()
        for right in ("jobs.change_job", "jobs.operate_job"):
            require(request.user, right, job)
        given = TrialSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        run = trials.request(job, by=request.user, **given.validated_data)
        code = status.HTTP_201_CREATED
        return Response(RunSerializer(run, context=self.get_serializer_context()).data, status=code)

    @extend_schema(responses=serializers.JobVersionSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None)
    def versions(self, request, pk=None):
        """The versions of a job, the newest first."""
        page = self.paginate_queryset(selectors.versions_of(self.get_object().pk))
        return self.get_paginated_response(serializers.JobVersionSerializer(page, many=True).data)

    @extend_schema(
        responses=serializers.JobVersionDetailSerializer,
        parameters=[OpenApiParameter("number", int, OpenApiParameter.PATH)],
    )
    @action(detail=True, url_path=r"versions/(?P<number>\d{1,9})", url_name="version")
    def version(self, request, pk=None, number=None):
        """One version with its definition."""
        found = selectors.version_of(self.get_object().pk, int(number))
        return Response(serializers.JobVersionDetailSerializer(found).data)

    @extend_schema(
        responses=serializers.ChangeSerializer(many=True),
        parameters=[
            OpenApiParameter("number", int, OpenApiParameter.PATH),
            serializers.DiffQuerySerializer,
        ],
        filters=False,
    )
    @action(
        detail=True,
        url_path=r"versions/(?P<number>\d{1,9})/diff",
        url_name="version-diff",
        pagination_class=None,
        filterset_class=None,
    )
    def diff(self, request, pk=None, number=None):
        """What this version changed against an older one, field by field."""
        job = self.get_object()
        given = serializers.DiffQuerySerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        newer = selectors.version_of(job.pk, int(number))
        against = given.validated_data.get("against", newer.number - 1)
        older = selectors.version_of(job.pk, against).definition if against else {}
        changes = diffs.compare(older, newer.definition)
        return Response(serializers.ChangeSerializer(changes, many=True).data)

    @extend_schema(
        request=None,
        responses=serializers.JobDetailSerializer,
        parameters=[OpenApiParameter("number", int, OpenApiParameter.PATH)],
    )
    @action(
        detail=True,
        methods=["post"],
        url_path=r"versions/(?P<number>\d{1,9})/restore",
        url_name="version-restore",
    )
    def restore(self, request, pk=None, number=None):
        """Make this version's definition the newest version."""
        job = self.get_object()
        require(request.user, "jobs.change_job", job)
        jobs.restore(job.pk, number=int(number), by=request.user)
        return self._answer(job.pk)

    def _answer(self, job_id, code=status.HTTP_200_OK):
        """The job as it is now. Read past the rights: who has just made it may hold none of them on it yet."""
        job = Job.objects.select_related("version", "owner").get(pk=job_id)
        return Response(self.get_serializer(job).data, status=code)


def _source_of(request):
    """Who asks for a run: a person in a browser, or a program with a token."""
    return Source.MANUAL if request.auth is None else Source.API
