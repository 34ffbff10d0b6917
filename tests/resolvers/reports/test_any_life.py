"""Whatever happens, in whatever order, settled and compacted at any moment: a report is the sum over the rows that there are then.

And at the end the evidence still makes this ledger, and who was erased is named nowhere.

`CLICKLEDGER_LIVES=5000` asks for so many examples; `make prove` does.
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ingest import clicks, fx, statements, workspaces
from ingest.clicks import Seen
from ingest.erase import erase
from ingest.keys import Access
from ingest.models.evidence import Click, Rate, RateSource
from ingest.models.ledger import Sale
from ingest.models.people import Customer
from ingest.models.privacy import Erasure, Suppressed
from ingest.models.rollups import RollupDelta
from ingest.models.workspace import Workspace
from ingest.rollups import compacting
from ingest.settle import batch, lookups
from ingest.settle.due import anywhere
from tests import lives, proof, story
from tests.counting import DOCUMENT, EXTRAS, Book, shown
from tests.lives import Life
from tests.schema.conftest import answered
from tests.story import PAID_AT
from tests.teller import CLICKS, Clicked, Happening
from tests.town import Town

pytestmark = pytest.mark.careless
LIVES = int(os.environ.get("CLICKLEDGER_LIVES", "0"))
EXAMPLES = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/Santiago")
DAYS = [PAID_AT + timedelta(days=number) for number in range(-3, 400, 5)]
RATES = [("USD", day, f"1.1{day.day % 7}") for day in DAYS] + [("JPY", day, f"16{day.day % 9}.37") for day in DAYS]
SEEN = (
    {"country": "DE", "device": "mobile", "referer": "a.example", "utm_source": "s", "utm_medium": "m", "utm_campaign": "c", "os": "iOS"},
    {"country": "DE", "device": "desktop", "utm_source": "s", "utm_term": "t", "browser": "Firefox"},
    {"country": "FR", "device": "mobile", "utm_source": "", "utm_campaign": "é" * 255, "trigger": "qr"},
    {"referer": "a.example", "utm_source": "\ue000d800"},
)
"""What is known of each click of a life."""
MOVES = ("settle", "compact", "rates", "currency", "erase", "attach", "detach", "flush again", "ask")
NAMED: tuple[list[str], ...] = ([], ["LINK"], ["UTM_SOURCE", "UTM_CAMPAIGN"], ["UTM_MEDIUM"], ["COUNTRY"], ["DEVICE"], ["REFERER"])
OTHERS = (["COUNTRY", "LINK"], ["BROWSER"], ["OS", "TRIGGER"], ["UTM_TERM", "DEVICE"])


class Counting(Town):
    """The world of whole lives, in which clicks have places and devices, and reports are asked for."""

    compared = 0
    erased: frozenset[tuple[bool, str]] = frozenset()

    async def begin(self, zone: str) -> None:
        self.erased = frozenset()
        await self.tale.forget()
        for table in (Click, RollupDelta, Rate, RateSource, Suppressed, Erasure):
            await table.all().delete()
        fx._remembered.clear()
        await Workspace.filter(id=self.tale.workspace.id).update(currency="USD", timezone=zone)

    async def happen(self, happening: Happening) -> None:
        if not isinstance(happening, Clicked):
            await super().happen(happening)
            return
        link = self.links[happening.link]
        owned = {"workspace_id": link.workspace_id, "link_id": link.id, "clicked_at": happening.at, "url": link.url}
        seen = {"bot": happening.bot, "anonymous_id": happening.browser, **SEEN[int(happening.click_id[-1])]}
        await clicks.insert([Seen(id=happening.click_id, **owned, **seen)])  # type: ignore[arg-type]  # columns

    async def move(self, kind: str, number: int) -> None:
        """One thing that is done to a ledger between two happenings."""
        workspace_id, livemode = self.tale.workspace.id, bool(number % 2)
        if kind == "settle":
            for scope in await anywhere():
                await batch.settle(scope, number + 1)
        elif kind == "compact":
            await compacting.compact(workspace_id, number + 1)
        elif kind == "rates" and not await RateSource.exists():
            await Rate.bulk_create([Rate(source="ECB", currency=code, published_at=at, per_base=rate) for code, at, rate in RATES])
            await RateSource.create(source="ECB", base="EUR", complete_to=datetime(2030, 1, 1, tzinfo=UTC))
            await lookups.wake_for_rates()
        elif kind == "currency":
            await workspaces.update(workspace_id, {"currency": ("EUR", "USD", "JPY")[number % 3]})
        elif kind == "erase":
            customer = await Customer.filter(workspace_id=workspace_id).order_by("id").first()
            if customer is not None:
                await erase(workspace_id, customer.livemode, customer.id, by="a test")
                name = customer.external_id or ""
                self.erased |= {(customer.livemode, name)} if name.startswith("user_") else set()  # a pseudonym is nobody's name
        elif kind in ("attach", "detach"):
            await self._act(kind, number)
        elif kind == "flush again":
            stored = [Seen(**{name: getattr(click, name) for name in clicks.COLUMNS}) for click in await Click.all()]
            assert await clicks.insert([each._replace(country="XX") for each in stored] or [_click(self, number)]) in ([], [_LATE])
        elif kind == "ask":
            await self.ask({"groupBy": [*NAMED, *OTHERS][number % 11]}, livemode=livemode)

    async def _act(self, kind: str, number: int) -> None:
        sale = await Sale.filter(workspace_id=self.tale.workspace.id, intent_id__isnull=False).order_by("id").first()
        if sale is not None:
            record = statements.record_attach if kind == "attach" else statements.record_detach
            said = {"payment": f"intent:{sale.intent_id}", "clickId": f"{0:010}Click{number % CLICKS}"}
            await record(self.tale.workspace.id, sale.livemode, said, at=PAID_AT)

    async def ask(self, asked: dict[str, Any], *, livemode: bool = False) -> None:
        """Every figure of a report is the naive sum."""
        workspace_id = self.tale.workspace.id
        whole = {"firstDay": "2025-01-01", "lastDay": "2028-01-01"}
        ranged = {**whole, **asked} if _named(asked) else {"firstDay": "2025-09-25", "lastDay": "2026-10-25", **asked}
        access = Access(workspace_id, livemode, frozenset({"read"}), "key_test")
        found = await answered(access, DOCUMENT, {"input": ranged}, by_plan=True)
        assert "errors" not in found, found
        assert found["data"]["report"] == shown((await Book.read(workspace_id, livemode=livemode)).report(ranged)), ranged
        self.compared += 1


_LATE = "0000000000Later0"


def _named(asked: dict[str, Any]) -> bool:
    return asked.get("groupBy") in NAMED


def _click(world: Town, number: int) -> Seen:
    link = world.links[0]
    return Seen(id=_LATE, workspace_id=link.workspace_id, link_id=link.id, clicked_at=PAID_AT - timedelta(hours=number), url=link.url)


@pytest.fixture
async def world(database: str) -> Counting:
    tale, other = await story.begin(), await story.begin("other")
    account = await workspaces.primary_account(tale.workspace.id)
    return Counting(tale, [tale.link, tale.link, other.link], [account.id, account.id])


moves = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(MOVES), st.integers(0, 11)), min_size=4, max_size=24)
_MOMENTS = {
    "from": (PAID_AT - timedelta(days=30.02)).isoformat(),
    "to": (PAID_AT + timedelta(microseconds=1)).isoformat(),
    "firstDay": None,
    "lastDay": None,
    "interval": "DAY",
}
QUESTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"groupBy": ["LINK"], "interval": "MONTH", "limit": 2},
    {"groupBy": ["LINK", "COUNTRY"], "interval": "MONTH", "limit": 3, "extras": [*EXTRAS]},
    {"filter": {"country": {"eq": "DE"}}, "extras": ["MEDIAN_NET", "VISITORS"], "firstDay": "2025-09-25", "lastDay": "2026-10-25"},
    {"groupBy": ["COUNTRY"], "orderBy": {"field": "CLICKS", "direction": "ASC"}},
    {"groupBy": ["UTM_CAMPAIGN"], "filter": {"utmSource": {"eq": "s"}}},
    {"filter": {"device": {"in": ["mobile", ""]}}, "interval": "WEEK"},
    {"groupBy": ["COUNTRY", "DEVICE"], "filter": {"referer": {"contains": "example"}}},
    _MOMENTS,
)


async def counted(world: Counting, empty: proof.Empty, life: Life, zone: str, drawn: list[tuple[int, str, int]]) -> None:
    await world.begin(zone)
    for number, happening in enumerate([*life.happenings, None]):
        if happening is not None:
            await world.happen(happening)
        for at, kind, size in drawn:
            if at == number or (happening is None and at > number):
                await world.move(kind, size)
    while scopes := await anywhere():
        for scope in scopes:
            await batch.settle(scope, 3)
            await compacting.compact(scope.workspace_id, 5)
    for mode in (False, True):
        for question in QUESTIONS:
            await world.ask(dict(question), livemode=mode)
    event(f"{world.compared} reports")
    await compacting.compact_everything()
    await world.ask({"groupBy": ["LINK"], "interval": "MONTH"})
    assert not await RollupDelta.exists()
    async with empty() as here:
        assert await proof.found(here) == []
    rows = (await story.everything()).splitlines() if world.erased else []
    for livemode, name in world.erased:
        assert [row for row in rows if f"'livemode': {livemode}" in row and (f"'{name}'" in row or f'"{name}"' in row)] == []


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@settings(EXAMPLES, max_examples=LIVES or 40)
@given(life=lives.lives(), zone=st.sampled_from(ZONES), drawn=moves)
async def test_a_report_is_the_sum_over_the_rows_whatever_happened(
    world: Counting, empty: proof.Empty, life: Life, zone: str, drawn: list[tuple[int, str, int]]
) -> None:
    await counted(world, empty, life, zone, drawn)


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
@settings(EXAMPLES, max_examples=LIVES or 10)
@given(life=lives.lives(), zone=st.sampled_from(ZONES), drawn=moves)
async def test_and_on_postgresql_too(world: Counting, empty: proof.Empty, life: Life, zone: str, drawn: list[tuple[int, str, int]]) -> None:
    await counted(world, empty, life, zone, drawn)
