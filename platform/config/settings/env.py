"""The environment, read once: every ``JIEPAI_*`` variable, its type, its default and its check.

Nothing else in the code base reads ``os.environ`` for configuration.
"""

from __future__ import annotations

import zoneinfo
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[3]


class BadEnvironment(Exception):
    """At least one ``JIEPAI_*`` variable is missing or wrong; the text has one line for each."""


def _url_of(*schemes: str) -> AfterValidator:
    def check(value: str) -> str:
        if urlsplit(value).scheme not in schemes:
            raise ValueError(f"must start with one of: {', '.join(s + '://' for s in schemes)}")
        return value

    return AfterValidator(check)


def _zone(value: str) -> str:
    if value not in zoneinfo.available_timezones():
        raise ValueError("is not a known time zone, such as Asia/Shanghai")
    return value


def _keys(value: str) -> str:
    for number, key in enumerate(value.split(","), start=1):
        try:
            Fernet(key.strip())
        except ValueError:
            raise ValueError(
                f"key {number} is not a Fernet key (32 bytes, url-safe base64); "
                "make one with: manage.py new_encryption_key"
            ) from None
    return value


def _secret(value: str) -> str:
    if len(value) < 32:
        raise ValueError("must have at least 32 characters")
    return value


def _words(value: object) -> object:
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value


def _networks(value: list[str]) -> list[str]:
    for word in value:
        try:
            ip_network(word)
        except ValueError:
            raise ValueError(f"{word} is not a network such as 10.0.0.0/8") from None
    return value


Networks = Annotated[list[str], NoDecode, BeforeValidator(_words), AfterValidator(_networks)]

# This machine and its link, where cloud providers answer with credentials.
LINK_LOCAL = ["169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128"]
LOOPBACK = ["127.0.0.0/8", "::1/128", "0.0.0.0/8", "::/128"]


class Env(BaseSettings):
    """Every setting that differs between installations. Sizes in bytes, durations in seconds."""

    model_config = SettingsConfigDict(env_prefix="JIEPAI_", extra="ignore", frozen=True)

    database_url: Annotated[str, _url_of("postgresql", "postgres")]
    broker_url: Annotated[str, _url_of("redis", "rediss", "redis+socket", "unix", "amqp", "amqps", "pyamqp")]
    redis_url: Annotated[str, _url_of("redis", "rediss", "unix")]
    secret_key: Annotated[str, AfterValidator(_secret)]
    encryption_keys: Annotated[str, AfterValidator(_keys)]

    base_domain: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")] = "localhost"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    data_dir: Path = ROOT / "var"
    #: Holds the scripts' working folders and the tenants' files; as root, scripts run under users of their own,
    #: so every folder above it must be one that any user may pass through.
    script_dir: Path = Path()
    debug: bool = False
    secure_cookies: bool = False
    trusted_origins: Annotated[list[str], NoDecode, BeforeValidator(_words)] = []
    time_zone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    language: Literal["zh-hans", "en"] = "zh-hans"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"
    web_threads: Annotated[int, Field(ge=1, le=256)] = 16

    worker_concurrency: Annotated[int, Field(ge=1, le=1024)] = 8
    worker_group: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")] = "default"
    worker_tags: Annotated[list[str], NoDecode, BeforeValidator(_words)] = []
    lease_seconds: Annotated[float, Field(ge=3, le=300)] = 12.0
    shutdown_grace_seconds: Annotated[float, Field(ge=0, le=3600)] = 10.0
    log_cap_bytes: Annotated[int, Field(ge=64 * 1024)] = 10 * 1024 * 1024
    result_cap_bytes: Annotated[int, Field(ge=1024)] = 1024 * 1024
    #: Runs that ended longer ago are deleted, with logs, results and attempts.
    history_days: Annotated[int, Field(ge=1, le=36500)] = 90
    # Networks in CIDR notation that SQL and HTTP jobs may not reach; http_allow makes exceptions.
    datasource_deny: Networks = LINK_LOCAL
    http_deny: Networks = [*LOOPBACK, *LINK_LOCAL]
    http_allow: Networks = []
    sandbox: Literal["auto", "none", "basic", "strict"] = "auto"

    @model_validator(mode="after")
    def _scripts_live_with_the_data(self) -> Self:
        if self.script_dir == Path():
            object.__setattr__(self, "script_dir", self.data_dir)
        return self

    @classmethod
    def settings_customise_sources(cls, settings_cls, init_settings, env_settings, **_):  # type: ignore[no-untyped-def,override]
        """Environment variables only: no .env file, no secrets folder."""
        return init_settings, env_settings


def load() -> Env:
    """Read and check the environment. Raises BadEnvironment with one line for each bad value."""
    try:
        return Env()
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            name = "JIEPAI_" + str(problem["loc"][0]).upper()
            reason = problem["msg"].removeprefix("Value error, ")
            lines.append(f"{name} is not set" if problem["type"] == "missing" else f"{name}: {reason}")
        raise BadEnvironment("\n".join(lines)) from None
