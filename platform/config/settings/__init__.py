"""Django settings: ``base`` assembles them, ``env`` alone reads the environment."""

from config.settings.base import *  # noqa: F403
