"""How the two admin sites look, and how their sidebars are grouped. Icons: Material Symbols."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

_THEME: dict[str, Any] = {
    "SITE_SYMBOL": "schedule",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "primary": {
            "50": "239 246 255",
            "100": "219 234 254",
            "200": "191 219 254",
            "300": "147 197 253",
            "400": "96 165 250",
            "500": "59 130 246",
            "600": "37 99 235",
            "700": "29 78 216",
            "800": "30 64 175",
            "900": "30 58 138",
            "950": "23 37 84",
        }
    },
}

UNFOLD: dict[str, Any] = {
    **_THEME,
    "SITE_TITLE": "Jiepai",
    "SITE_HEADER": "Jiepai",
    "SITE_SUBHEADER": _("Administration"),
    "SITE_URL": "/",
    "SIDEBAR": {
        "show_search": True,
        "groups": [
            (_("Work"), ["jobs", "scheduling"]),
            (_("Connections"), ["datasources"]),
            (_("People"), ["accounts", "auth", "guardian"]),
            (_("Security"), ["audit", "axes"]),
        ],
    },
}

UNFOLD_PLATFORM: dict[str, Any] = {
    **_THEME,
    "SITE_TITLE": "Jiepai",
    "SITE_HEADER": "Jiepai",
    "SITE_SUBHEADER": _("Platform"),
    "SITE_URL": None,
    "SIDEBAR": {
        "show_search": True,
        "groups": [
            (_("Customers"), ["tenants"]),
            (_("Engine"), ["executors", "queue", "scheduling"]),
            (_("Maintenance"), ["django_celery_beat.periodictask", "django_celery_beat"]),
            (_("People"), ["accounts", "auth", "guardian"]),
            (_("Security"), ["audit", "axes"]),
        ],
    },
}
