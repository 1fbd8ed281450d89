"""How a trigger is shown on both admin sites."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.scheduling.selectors import previews

_VARIANTS = {"on": "success", "paused": "warning", "muted": "warning", "over": "info"}


class ShownTrigger:
    @admin.display(description=_("in words"))
    def shown_words(self, trigger):
        return previews.words(trigger.schedule, gettext) or "–"

    @display(description=_("state"), ordering="is_paused", label=_VARIANTS)
    def shown_state(self, trigger):
        return _state(trigger)

    @admin.display(description=_("state"))
    def state(self, trigger):
        return _state(trigger)[1]


def _state(trigger):
    if trigger.is_paused:
        return "paused", gettext("paused")
    if trigger.is_muted:
        return "muted", gettext("its job is paused")
    if trigger.next_fire_at is None:
        return "over", gettext("over")
    return "on", gettext("on")
