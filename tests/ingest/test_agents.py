"""Agents: which are bots, and what the others tell."""

import pytest

from ingest import agents
from tests.capturing import CHROME, GOOGLEBOT, IPHONE

IPAD = "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1"
GALAXY_TAB = "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
PIXEL = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0"
TELEVISION = "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/4.0 TV Safari/537.36"


@pytest.mark.parametrize(
    "agent", [GOOGLEBOT, "curl/8.5.0", "python-requests/2.31", "facebookexternalhit/1.1", "Slackbot-LinkExpanding 1.0"]
)
def test_a_crawler_or_a_program_is_a_bot(agent: str) -> None:
    assert agents.read(agent).bot


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        (CHROME, ("desktop", "Chrome", "Linux")),
        (IPHONE, ("mobile", "Mobile Safari", "iOS")),
        (IPAD, ("tablet", "Mobile Safari", "iOS")),
        (GALAXY_TAB, ("tablet", "Chrome", "Android")),
        (PIXEL, ("mobile", "Chrome Mobile", "Android")),
        (EDGE, ("desktop", "Edge", "Windows")),
        (TELEVISION, (None, "Samsung Internet", "Tizen")),
        ("", (None, None, None)),
        ("\x00\ud800" * 5_000, (None, None, None)),
    ],
)
def test_a_browser_tells_its_device_name_and_system(agent: str, told: tuple[str | None, str | None, str | None]) -> None:
    read = agents.read(agent)

    assert (read.bot, (read.device, read.browser, read.os)) == (False, told)
