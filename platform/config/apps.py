from django.apps import AppConfig


class HouseConfig(AppConfig):
    """Makes the Celery application the default one in every process that uses Django."""

    name = "config"

    def ready(self) -> None:
        from config import maintenance  # noqa: F401  (connects its receiver)
        from config.celery import app

        app.set_default()
