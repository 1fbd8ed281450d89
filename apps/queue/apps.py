from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QueueConfig(AppConfig):
    name = "apps.queue"
    label = "queue"
    verbose_name = _("Queue")

    def ready(self) -> None:
        from apps.queue import receivers  # noqa: F401
