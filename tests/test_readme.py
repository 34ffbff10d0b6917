"""The README tells the truth: every setting, command and target in it is real, and every one that is real is in it."""

import asyncio
import re
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import httpx2
import pytest
import typer

from api.cli.commands import app as commands
from api.health import Metrics
from api.settings import ROWS
from ingest import keys
from ingest.credit.reasons import Reason
from ingest.models.facts import Subject
from ingest.settle import due
from tests import capturing, stripe_events
from tests.conftest import WEBHOOK_SECRET

README = (Path(__file__).parents[1] / "README.md").read_text()
MAKEFILE = (Path(__file__).parents[1] / "Makefile").read_text()
COMMANDS: dict[str, click.Command] = dict(getattr(typer.main.get_command(commands), "commands", {}))


def test_the_settings_table_is_the_settings() -> None:
    table = ["| setting | default | meaning |", "|---|---|---|"]
    table += [f"| `{row.name}` | {f'`{row.default}`' if row.default else ''} | {row.help} |" for row in ROWS]

    assert "<!-- settings -->\n" + "\n".join(table) + "\n<!-- /settings -->" in README


def test_every_metric_is_in_the_readme() -> None:
    named = [family.name + ("_total" if family.type == "counter" else "") for family in Metrics().registry.collect()]

    assert {name for name in named if f"`{name}`" not in README} == set()
    assert set(re.findall(r"`(clickledger_[a-z_]+)`", README)) == set(named)


def test_the_commands_table_names_every_command() -> None:
    assert set(re.findall(r"^\| `clickledger ([a-z]+)` \|", README, re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("line", sorted(set(re.findall(r"^    (?:[A-Z_]+=\S+ )*(clickledger .+)$", README, re.MULTILINE))))
def test_a_command_line_of_the_readme_parses(line: str) -> None:
    words = line.split()[1:]
    command: click.Command = COMMANDS[words.pop(0)]
    while isinstance(command, click.Group) or hasattr(command, "commands"):
        command = getattr(command, "commands")[words.pop(0)]  # noqa: B009  # Typer's own group type is not exported

    assert command.make_context("readme", words, resilient_parsing=False)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"make ([a-z]+)`?$|`make ([a-z]+)`", README, re.MULTILINE)), key=str))
def test_a_make_target_of_the_readme_exists(target: tuple[str, str]) -> None:
    assert re.search(rf"^{target[0] or target[1]}:", MAKEFILE, re.MULTILINE)


def test_every_variable_scope_and_reason_of_the_readme_is_real() -> None:
    variables = set(re.findall(r"\b([A-Z][A-Z_]+)=", README))
    scopes = re.search(r"Scopes: (.+?)\n\n", README, re.DOTALL)
    reasons = re.search(r"says so: (.+?) and the\s+rest are reasons", README, re.DOTALL)

    assert variables <= {row.name for row in ROWS}
    assert scopes is not None
    assert set(re.findall(r"`([a-z.]+)`", scopes[1])) == keys.SCOPES
    assert reasons is not None
    assert set(re.findall(r"`([A-Z_]+)`", reasons[1])) <= set(Reason.__members__)


def test_both_languages_of_the_guide_name_the_same_metadata() -> None:
    named = {
        language: sorted(set(re.findall(r"pimms[A-Z]\w+", "".join(re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)))))
        for language in ("python", "javascript")
    }

    assert named["python"] == named["javascript"] == ["pimmsClickId", "pimmsCustomerId"]


class _Site(dict[str, dict[str, Any]]):
    """What the Python of the guide calls, in place of Stripe and of requests: it keeps what it was called with."""

    def run(self, block: str, click_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
        stripe = SimpleNamespace(checkout=SimpleNamespace(Session=self._noting("session")), Customer=self._noting("customer"))
        monkeypatch.setitem(sys.modules, "requests", SimpleNamespace(post=lambda url, **said: self.update(lead={"url": url, **said})))
        user = SimpleNamespace(id="user_42", email="ada@shop.example")
        exec(block, {"stripe": stripe, "user": user, "cookies": {"pimms_id": click_id}})

    def _noting(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(create=lambda **said: self.update({name: said}))


async def test_the_tour_and_the_guide_end_in_a_credited_sale(
    client: httpx2.AsyncClient, test_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = re.search(r"clickledger links create (\S+) --key (\S+)", README)
    curled = re.search(r"curl -si http://127.0.0.1:8000/(\S+) -A \"(.+)\"", README)
    assert made is not None
    assert curled is not None
    await capturing.link(made[2], made[1])

    sent = await client.get(f"/{curled[1]}", headers={"user-agent": curled[2]})
    click_id = sent.headers["location"].removeprefix(f"{made[1]}?pimms_id=")
    site = _Site()
    for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        site.run(block, click_id, monkeypatch)
    lead = await client.post("/track/lead", headers={"authorization": f"Bearer {test_key}"}, json=site["lead"]["json"])
    now = int(time.time())
    for event in (
        stripe_events.session_completed("cs_1", metadata=site["session"]["metadata"], created=now, at=now),
        stripe_events.customer_created("cus_1", metadata=site["customer"]["metadata"], at=now),
    ):
        body = stripe_events.raw(event)
        await client.post("/webhooks/stripe", content=body, headers={"stripe-signature": stripe_events.sign(body, WEBHOOK_SECRET)})
    async with asyncio.timeout(30):
        while await due.anywhere() or await Subject.filter(dirty=True).exists():  # noqa: ASYNC110  # the server's own settler is at it
            await asyncio.sleep(0.05)
    documents = re.findall(r"```graphql\n(.*?)```", README, re.DOTALL)
    answers = [
        (await client.post("/graphql", headers={"authorization": f"Bearer {test_key}"}, json={"query": document})).json()
        for document in documents
    ]

    assert re.fullmatch(r"[0-9A-Za-z]{16}", click_id)
    assert (site["lead"]["url"].partition(".com")[2], lead.status_code, lead.json()["click"]) == ("/track/lead", 200, {"id": click_id})
    assert [answer["data"]["sales"]["nodes"][0]["attribution"]["reason"] for answer in answers] == ["CREDITED", "CREDITED"]
    assert answers[0]["data"]["sales"]["nodes"][0]["click"]["clickId"] == click_id
    assert answers[0]["data"]["sales"]["nodes"][0]["customer"]["externalId"] == "user_42"
