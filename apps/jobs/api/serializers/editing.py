"""Who edits a job."""

from __future__ import annotations

from rest_framework import serializers

from apps.jobs.services.editing import Editor


class TabSerializer(serializers.Serializer):
    """tab: any name that a page gives itself, other than that of every other page."""

    tab = serializers.RegexField(r"^[A-Za-z0-9-]{1,64}$")


class EditingSerializer(TabSerializer):
    is_dirty = serializers.BooleanField()


class EditorSerializer(serializers.Serializer):
    name = serializers.CharField()
    since = serializers.DateTimeField()
    is_dirty = serializers.BooleanField()
    is_you = serializers.SerializerMethodField()

    def get_is_you(self, editor: Editor) -> bool:
        return editor.user_id == self.context["request"].user.pk


class EditorsSerializer(serializers.Serializer):
    """version: the job's current one, by which a page knows that what it shows is old."""

    others = EditorSerializer(many=True)
    version = serializers.IntegerField()
