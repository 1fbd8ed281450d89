"""Runs over HTTP: where they stand, their logs and results; cancelled, and asked for again."""

from __future__ import annotations

from dataclasses import asdict

from django.http import StreamingHttpResponse
from django.utils import translation
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from apps.accounts.selectors import require
from apps.jobs.api.filters import RunFilter
from apps.jobs.api.renderers import CsvRenderer, TextRenderer
from apps.jobs.api.serializers import runs as serializers
from apps.jobs.models import Run
from apps.jobs.selectors import environments, log_texts, logs, results, waiting
from apps.jobs.selectors import runs as selectors
from apps.jobs.services import reruns, runs
from kernel.throttles import HeavyThrottle, RunThrottle, UserThrottle

#: About how much of a log one answer holds.
ANSWER_BYTES = 512 * 1024


class RunViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Requests to run a job, and what became of them. The newest first."""

    queryset = Run.objects.none()
    serializer_class = serializers.RunSerializer
    filterset_class = RunFilter
    ordering_fields = ["id", "queued_at"]

    def get_queryset(self):
        return selectors.visible_to(self.request.user)

    def get_throttles(self):
        is_heavy = self.action in ("log_download", "result_download") or (
            self.action == "log" and self.request.query_params.get("search")
        )
        return [*super().get_throttles(), *([HeavyThrottle()] if is_heavy else [])]

    def filter_queryset(self, queryset):
        """The list alone: elsewhere the words of the address have other meanings."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    @extend_schema(request=None, responses={202: serializers.RunSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request, pk=None):
        """Stop a run: out of the queue at once, or soon by the executor that runs it."""
        run = self.get_object()
        require(request.user, "jobs.operate_job", run.job)
        runs.cancel(run.pk, by=request.user)
        return Response(self.get_serializer(self.get_object()).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=serializers.RerunSerializer, responses={201: serializers.RunSerializer})
    @action(detail=True, methods=["post"], throttle_classes=[UserThrottle, RunThrottle])
    def rerun(self, request, pk=None):
        """Run the job again as it is today, with the parameters of this run or with others.

        A trial is tried again, with the definition that it had; that takes the right to change the job, too.
        """
        run = self.get_object()
        for right in selectors.rights_to_rerun(run):
            require(request.user, right, run.job)
        given = serializers.RerunSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        again = reruns.request(run, by=request.user, **given.validated_data)
        return Response(self.get_serializer(again).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=serializers.RunDefinitionSerializer)
    @action(detail=True)
    def definition(self, request, pk=None):
        """What the run was made with: definition and environment. What looks like a secret is masked."""
        run = self.get_object()
        shown = {
            "version": run.version.number,
            "is_trial": run.version.is_trial,
            "definition": environments.definition_shown(run),
            "env": environments.shown(run, tenant=request.tenant),
        }
        return Response(serializers.RunDefinitionSerializer(shown).data)

    @extend_schema(responses=serializers.AttemptSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None)
    def attempts(self, request, pk=None):
        """The attempts of a run, the first one first."""
        page = self.paginate_queryset(selectors.attempts_of(self.get_object().pk))
        return self.get_paginated_response(serializers.AttemptSerializer(page, many=True).data)

    @extend_schema(responses=serializers.RunEventSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None)
    def events(self, request, pk=None):
        """The states that a run came into, the first one first."""
        page = self.paginate_queryset(selectors.events_of(self.get_object().pk))
        return self.get_paginated_response(serializers.RunEventSerializer(page, many=True).data)

    @extend_schema(responses=serializers.ExplanationSerializer)
    @action(detail=True)
    def explain(self, request, pk=None):
        """Why a run waits."""
        run = self.get_object()
        answer = {"state": run.state, "reasons": waiting.explain(run)}
        return Response(serializers.ExplanationSerializer(answer).data)

    @extend_schema(responses=serializers.RunLogSerializer, parameters=[serializers.LogQuerySerializer])
    @action(detail=True)
    def log(self, request, pk=None):
        """A stretch of one attempt's log, about 512 KB at most; ``has_more`` says that the rest is to be asked for."""
        run = self.get_object()
        given = serializers.LogQuerySerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        attempt = given.validated_data.get("attempt", run.attempt)
        after, words = given.validated_data["after"], given.validated_data["search"]
        limit = {"attempt": attempt, "after": after, "limit_bytes": ANSWER_BYTES}
        if words:
            blocks, has_more = log_texts.search(run.pk, words=words, **limit)
        else:
            blocks, has_more = logs.read_blocks(run.pk, **limit)
        return Response({"blocks": [asdict(block) for block in blocks], "has_more": has_more})

    @extend_schema(
        responses={(200, "text/plain"): OpenApiTypes.STR}, parameters=[serializers.DownloadQuerySerializer]
    )
    @action(
        detail=True,
        url_path="log/download",
        url_name="log-download",
        renderer_classes=[JSONRenderer, TextRenderer],
    )
    def log_download(self, request, pk=None):
        """The whole log as text."""
        run = self.get_object()
        given = serializers.DownloadQuerySerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        text = log_texts.download(run.pk, attempt=given.validated_data.get("attempt"))
        return _file(_in_language(text), name=f"{run.pk}.log", content_type="text/plain; charset=utf-8")

    @extend_schema(responses=serializers.RunResultSerializer)
    @action(detail=True)
    def result(self, request, pk=None):
        """What the run handed back."""
        found = results.of(self.get_object().pk)
        return Response(serializers.RunResultSerializer(found).data)

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    @action(
        detail=True,
        url_path="result/download",
        url_name="result-download",
        renderer_classes=[JSONRenderer, CsvRenderer],
    )
    def result_download(self, request, pk=None):
        """All rows of a query's result as CSV."""
        run = self.get_object()
        rows = results.csv_of(run.pk)
        return _file(rows, name=f"{run.pk}.csv", content_type="text/csv; charset=utf-8")


def _in_language(pieces):
    """The same pieces, made in the language of the request, which is over when they are sent."""
    language = translation.get_language()

    def made():
        rest = iter(pieces)
        while True:
            with translation.override(language):
                piece = next(rest, None)
            if piece is None:
                return
            yield piece

    return made()


def _file(pieces, *, name, content_type):
    answer = StreamingHttpResponse(pieces, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
