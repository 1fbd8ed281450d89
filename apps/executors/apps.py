from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExecutorsConfig(AppConfig):
    name = "apps.executors"
    label = "executors"
    verbose_name = _("Executors")
