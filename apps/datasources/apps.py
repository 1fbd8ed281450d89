from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DatasourcesConfig(AppConfig):
    name = "apps.datasources"
    label = "datasources"
    verbose_name = _("Datasources")

    def ready(self) -> None:
        from apps.datasources import receivers  # noqa: F401  (connects them)
