"""The Celery application. It carries doorbells and runs beat; it holds no state that matters."""

from __future__ import annotations

import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning  # type: ignore[attr-defined]
from celery.signals import setup_logging
from django.conf import settings
from kombu import Exchange, Queue

from config import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# The worker may be root on purpose: it gives every script a user of its own. It unpickles nothing.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("jiepai", amqp=broker.Carrier)
app.conf.update(
    broker_url=settings.ENV.broker_url.replace("unix://", "redis+socket://", 1),
    broker_transport_options=broker.options(settings.ENV.broker_url),
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # for ever: a broker that was away for a night is no reason to die
    broker_connection_timeout=5,
    worker_consumer="config.consumer:PatientConsumer",
    result_backend=None,
    task_ignore_result=True,
    task_default_queue="maintenance",
    task_queues=[Queue("maintenance", Exchange("maintenance"), routing_key="maintenance")],
    task_create_missing_queues=True,
    task_acks_late=False,
    task_default_delivery_mode="transient",
    worker_prefetch_multiplier=1,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    task_publish_retry=False,
    enable_utc=True,
    beat_scheduler="config.beat:Beat",
    beat_max_loop_interval=60,
    accept_content=["json"],
)
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Having a listener is enough: Celery then leaves logging as the settings made it."""
