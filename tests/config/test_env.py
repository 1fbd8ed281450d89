"""One clear line for every bad ``JIEPAI_*`` variable."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from config.settings.env import BadEnvironment, load

GOOD = {
    "JIEPAI_DATABASE_URL": "postgresql://jiepai@db/jiepai",
    "JIEPAI_BROKER_URL": "amqp://broker",
    "JIEPAI_REDIS_URL": "redis://cache",
    "JIEPAI_SECRET_KEY": "x" * 40,
    "JIEPAI_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
}


@pytest.fixture
def environment(monkeypatch):
    import os

    for name in [name for name in os.environ if name.startswith("JIEPAI_")]:
        monkeypatch.delenv(name)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_good_values_are_read_and_typed(environment):
    environment.setenv("JIEPAI_WORKER_TAGS", "gpu, linux,")
    env = load()

    assert (env.port, env.worker_tags, env.language) == (8000, ["gpu", "linux"], "zh-hans")
    assert env.script_dir == env.data_dir


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        (
            "DATABASE_URL",
            "mysql://x",
            "JIEPAI_DATABASE_URL: must start with one of: postgresql://, postgres://",
        ),
        ("SECRET_KEY", "short", "JIEPAI_SECRET_KEY: must have at least 32 characters"),
        ("TIME_ZONE", "Asia/Peking", "JIEPAI_TIME_ZONE: is not a known time zone, such as Asia/Shanghai"),
        ("PORT", "0", "JIEPAI_PORT: Input should be greater than or equal to 1"),
        (
            "ENCRYPTION_KEYS",
            "abc",
            "JIEPAI_ENCRYPTION_KEYS: key 1 is not a Fernet key (32 bytes, url-safe base64); "
            "make one with: manage.py new_encryption_key",
        ),
        ("HTTP_DENY", "10.0.0.0/8, home", "JIEPAI_HTTP_DENY: home is not a network such as 10.0.0.0/8"),
        ("SANDBOX", "maximal", "JIEPAI_SANDBOX: Input should be 'auto', 'none', 'basic' or 'strict'"),
    ],
)
def test_a_bad_value_is_one_line_that_names_it(environment, name, value, line):
    environment.setenv(f"JIEPAI_{name}", value)

    with pytest.raises(BadEnvironment) as caught:
        load()
    assert str(caught.value) == line


def test_all_bad_values_are_told_at_once(environment):
    environment.delenv("JIEPAI_DATABASE_URL")
    environment.setenv("JIEPAI_LEASE_SECONDS", "soon")

    with pytest.raises(BadEnvironment) as caught:
        load()
    assert str(caught.value).splitlines() == [
        "JIEPAI_DATABASE_URL is not set",
        "JIEPAI_LEASE_SECONDS: Input should be a valid number, unable to parse string as a number",
    ]
