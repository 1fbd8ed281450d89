"""One deed on many jobs."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.jobs.services.bulk import Action, Done

TAGGING = (Action.ADD_TAGS, Action.REMOVE_TAGS)


class BulkSerializer(serializers.Serializer):
    action = serializers.ChoiceField([(action.value, action.value) for action in Action])
    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=200)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=50),
        max_length=50,
        required=False,
        default=list,
        help_text=_("For add_tags and remove_tags, which need at least one."),
    )

    def validate(self, given):
        if (given["action"] in TAGGING) != bool(given["tags"]):
            text = _("Name the tags.") if given["action"] in TAGGING else _("This action takes no tags.")
            raise serializers.ValidationError({"tags": [text]})
        return given


class BulkResultSerializer(serializers.Serializer):
    """What became of one job: code and detail say why not, and are empty when all is well."""

    id = serializers.UUIDField()
    name = serializers.CharField(allow_blank=True)
    ok = serializers.SerializerMethodField()
    code = serializers.SerializerMethodField()
    detail = serializers.SerializerMethodField()
    run = serializers.UUIDField(allow_null=True, help_text=_("The run that was asked for."))

    def get_ok(self, done: Done) -> bool:
        return done.error is None

    def get_code(self, done: Done) -> str:
        return done.error.code if done.error else ""

    def get_detail(self, done: Done) -> str:
        return done.error.render(gettext) if done.error else ""


class BulkResultsSerializer(serializers.Serializer):
    results = BulkResultSerializer(many=True)
