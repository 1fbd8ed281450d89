"""What a browser's own name tells its owner."""

import pytest

from apps.accounts.domain.agents import Client, read

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "browser", "system"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/142.0.0.0 Safari/537.36", "Chrome", "Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Edge", "Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15", "Safari", "macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1", "Chrome", "iOS"),
        ("Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1", "Safari", "iPadOS"),
        (f"Mozilla/5.0 (Linux; Android 15; 2410DPN6CC) {WEBKIT} Chrome/130.0 Mobile Safari/537.36 MicroMessenger/8.0", "WeChat", "Android"),
        (f"Mozilla/5.0 (Phone; OpenHarmony 5.0) {WEBKIT} Chrome/114.0 Safari/537.36", "Chrome", "HarmonyOS"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/142.0 Safari/537.36", "Chrome", "ChromeOS"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/142.0 Safari/537.36", "Chrome", "Linux"),
        ("curl/8.5.0", "curl", ""),
        ("python-requests/2.32", "python-requests", ""),
        ("Mozilla/5.0 (compatible)", "", ""),
        ("<script>alert(1)</script>", "", ""),
        ("\u8282\u62cd", "", ""),
        ("", "", ""),
    ],
)  # fmt: skip
def test_a_header_is_read_as_its_owner_would(agent, browser, system):
    assert read(agent) == Client(browser, system)
