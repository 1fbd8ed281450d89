"""Complete settings that reach no server: for tools that look at models only (mypy's plugin, makemigrations --check)."""

import os

os.environ.update(
    JIEPAI_DATABASE_URL="postgresql://nobody@/nothing?host=/nonexistent",
    JIEPAI_BROKER_URL="redis+socket:///nonexistent",
    JIEPAI_REDIS_URL="unix:///nonexistent",
    JIEPAI_SECRET_KEY="for tools that never sign anything",
    JIEPAI_ENCRYPTION_KEYS="b25seS1mb3ItbWFrZW1pZ3JhdGlvbnMtLWNoZWNrLS0=",
)

from config.settings import *  # noqa: F403
