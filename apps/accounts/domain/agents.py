"""Which program a ``User-Agent`` header speaks of, as far as its owner wants to know: the browser and the system.

The header is a heap of names that browsers borrow from each other, so the order of the tables is the rule: whoever also
claims to be another stands before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_BROWSERS: Final = (
    ("MicroMessenger/", "WeChat"),
    ("QQBrowser/", "QQ Browser"),
    ("UCBrowser/", "UC Browser"),
    ("MiuiBrowser/", "Mi Browser"),
    ("HuaweiBrowser/", "Huawei Browser"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex Browser"),
    ("Vivaldi/", "Vivaldi"),
    ("OPR/", "Opera"),
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Windows", "Windows"),
    ("OpenHarmony", "HarmonyOS"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPad", "iPadOS"),
    ("iPhone", "iOS"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
_PRODUCT: Final = re.compile(r"([A-Za-z][A-Za-z0-9._-]{0,30})(/|$)")


@dataclass(frozen=True, slots=True)
class Client:
    """Both as names that are the same in every language; empty where the header does not tell."""

    browser: str
    system: str


def read(agent: str) -> Client:
    """What can be told from the header. Of what is no browser the first product's name: "curl", "python-requests"."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if not browser and (product := _PRODUCT.match(agent)) and product[1] != "Mozilla":
        browser = product[1]
    return Client(browser, system)
