"""A small ledger whose ids are known beforehand, so that drawn operations can name them: two modes, odd texts, equal times."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tortoise.transactions import in_transaction

from ingest.models.evidence import EventState, Rate, RateSource
from ingest.models.ledger import RefundStatus, SaleKind, SaleStatus
from ingest.models.workspace import Workspace
from ingest.rollups import compacting, filling
from resolvers.cursors import Order, Place, encode
from resolvers.entities import API_KEY, CLICK, CUSTOMER, DISPUTE, LEAD, LINK, REFUND, SALE, STRIPE_EVENT, Entity
from tests.ledger import EPOCH, Ledger

LINKS = [f"link_{letter * 22}" for letter in "ab"]
CLICKS = [f"0000000000000{number:03}" for number in range(1, 7)]
CUSTOMERS = [f"cust_{letter * 22}" for letter in "abc"]
SALES = [f"sale_{letter * 22}" for letter in "abcdefg"]
REFUNDS = [f"rfnd_{letter * 22}" for letter in "abc"]
LEADS = [f"lead_{letter * 22}" for letter in "abcd"]
DISPUTES = [f"disp_{letter * 22}" for letter in "ab"]
KEYS = [f"key_{letter * 22}" for letter in "ab"]
ODD = "a\ue0000000\ue000d800 \ue000\ue000 é"
"""As it is stored: NUL, a lone surrogate and the mark itself."""
NAMES = [
    *("evt_0_second", "evt_failed", "evt_none", "evt_unpaid", "cus_2", "sale_before", "pi_none", "user@example.com"),
    *(
        SALES[0],
        SALES[2],
        SALES[6],
        CUSTOMERS[1],
        CUSTOMERS[2],
        CLICKS[0],
        CLICKS[5],
        f"click_{CLICKS[1]}",
        f"pimms_id_{CLICKS[2]}",
        "A" * 16,
    ),
]
"""What a diagnosis may be asked for, beside texts."""
WRONG = ["", "sale_", "nonsense", "x_1", "inbox_x", "inbox_99999999999999999999", "click_\x00", "sale_elsewhere"]
IDS = [
    *LINKS,
    *CUSTOMERS,
    *SALES,
    *REFUNDS,
    *LEADS[:2],
    *DISPUTES[:1],
    *(f"click_{each}" for each in CLICKS[:3]),
    *KEYS[:1],
    "ws_1",
    "inbox_1",
    "inbox_2",
    "sale_before",
    *WRONG,
]
TEXTS = [
    "USD",
    "EUR",
    "FR",
    "desktop",
    "news.example.com",
    "user_1",
    "Ada@Example.com",
    "a",
    "pla",
    "Plan",
    "cs_1",
    "cus_1",
    "spring",
    "stripe",
    "",
    "\x00",
]
TIMES = [f"2026-01-0{day}T0{hour}:00:00{zone}" for day, hour, zone in ((1, 0, "Z"), (2, 1, "+01:00"), (3, 0, "Z"), (1, 5, "-02:30"))]
MOMENTS = ["2025-12-31T22:59:59.5Z", *sorted(TIMES, key=datetime.fromisoformat), "2026-01-04T10:30:00+05:30"]
"""In their order."""
DAYS = [f"2026-01-0{day}" for day in range(1, 6)]
_ENTITIES = {entity.name: entity for entity in (LINK, CLICK, CUSTOMER, LEAD, SALE, REFUND, DISPUTE, STRIPE_EVENT, API_KEY)}
_KEYS: dict[Entity, list[Any]] = {
    LINK: LINKS,
    CLICK: CLICKS,
    CUSTOMER: CUSTOMERS,
    SALE: SALES,
    REFUND: REFUNDS,
    STRIPE_EVENT: [1, 2],
    API_KEY: KEYS,
    LEAD: LEADS,
    DISPUTE: DISPUTES,
}


def values(type_: str, name: str) -> list[Any]:
    """Values of a scalar that are worth asking for."""
    said = {"clickId": CLICKS, "currency": ["EUR", "USD", "GBP", "JPY", "usd"], "id": [*filter(None, TEXTS), *NAMES]}
    known: dict[str, list[Any]] = {
        "ID": IDS,
        "String": said.get(name, TEXTS),
        "DateTime": TIMES,
        "Boolean": [True, False],
        "Int": [1, 2],
    }
    return known[type_]


def refused(type_: str, name: str) -> list[Any]:
    """Values of an argument that it does not take."""
    return {("String", "currency"): ["none", "", "EURO"], ("String", "id"): ["", "x" * 999]}.get((type_, name), [])


def cursors(connection: str, order: Mapping[str, str] | None = None) -> list[str]:
    """Places in the list of a connection's type, in the order that `orderBy` says. Without: newest first, but for a journey's clicks."""
    entity = _ENTITIES[connection.removesuffix("Connection").replace("Touch", "Click")]
    if order is None:
        return _places(entity, Order(entity.order, descending=connection != "TouchConnection"))
    column = "received_at" if order["field"] == "RECEIVED_AT" else entity.order
    return _places(entity, Order(column, descending=order["direction"] == "DESC"))


def wrong_cursors(connection: str) -> list[str]:
    """What is no cursor, or one of another list or another order."""
    other = _places(REFUND if connection == "SaleConnection" else SALE, Order("paid_at", descending=True))
    return [
        "nonsense",
        "",
        *other[:2],
        *cursors(connection, {"field": "NONE", "direction": "DESC" if "Touch" in connection else "ASC"})[:2],
    ]


def _places(entity: Entity, order: Order) -> list[str]:
    keys = _KEYS.get(entity, ["x"])
    times = [EPOCH, EPOCH + timedelta(days=1), EPOCH + timedelta(hours=12)]
    return [encode(entity, order, Place(time, key)) for time in times for key in keys[:3]]


def _day(number: float) -> Any:
    return EPOCH + timedelta(days=number)


async def fill() -> tuple[Ledger, Ledger, Ledger]:
    """The ledger that is asked, live; the same workspace's test mode, and another workspace."""
    ledger = await Ledger.of()
    test, other = await Ledger.of(livemode=False), await Ledger.of("other")
    for each in (test, other):
        await each.refund(await each.sale(click=await each.click(anonymous_id="anon_1"), id=f"sale_{each.workspace.slug}{each.livemode}"))
    await _chains(ledger)
    await _rates()
    await ledger.consideration(await ledger.sale(paid_at=_day(2)), await other.click(anonymous_id="anon_2"))
    await Workspace.filter(id=ledger.workspace.id).update(timezone="Europe/Berlin")
    async with in_transaction() as connection:
        await filling.fill(connection)
    await compacting.compact(ledger.workspace.id, 8)  # the rest is not in a bucket yet
    return ledger, test, other


async def _chains(ledger: Ledger) -> None:
    links = [
        await ledger.link(id=LINKS[0], domain="*", key="spring", utm_source="news", utm_campaign=ODD, created_at=EPOCH),
        await ledger.link(id=LINKS[1], archived_at=_day(3), track_conversion=False, created_at=EPOCH),
    ]
    clicks = [
        await ledger.click(
            links[number % 2], id=key, anonymous_id=f"anon_{number % 2}", clicked_at=_day(number // 2), bot=number == 5, region=None
        )
        for number, key in enumerate(CLICKS)
    ]
    customers = [
        await ledger.customer(id=CUSTOMERS[0], external_id="user_1", email="Ada@Example.com", country="FR", first_seen_at=EPOCH, name=ODD),
        await ledger.customer(
            id=CUSTOMERS[1], email="ada@example.COM", first_seen_at=EPOCH, stripe_customers=["cus_1", "cus_2"], deleted_at=_day(5)
        ),
        await ledger.customer(id=CUSTOMERS[2], external_id=None, email=None, first_seen_at=_day(1) + timedelta(microseconds=7)),
    ]
    await ledger.stripe_customer(customers[1], "cus_1")
    pending = dict.fromkeys(Ledger.CONVERTED)
    shapes: list[dict[str, Any]] = [
        {"event_name": "Plan", "metadata": {"a": [1, None, "é"]}},
        {"status": SaleStatus.REFUNDED, "currency": "JPY", "rate": "0.0067", "rate_source": "ECB", "rate_published_at": EPOCH},
        {"currency": "XYZ", **pending, "presentment_minor": 5, "presentment_currency": "KWD"},
        {"kind": SaleKind.RENEWAL, "event_name": ODD, "gross_minor": 0},
        {"gross_minor": 3_000_000_000, "currency": "EUR", "session_id": "cs_1"},
        {"off_stripe": True, "identity_conflict": True, "status": SaleStatus.DISPUTED},
        {"net_minor": -5},
    ]
    for number, (key, shape) in enumerate(zip(SALES, shapes, strict=True)):
        click = clicks[number] if number < 5 else None
        named = {"paid_at": _day(number // 3), "reason": "credited" if click else "no_click_id", **shape}
        sale = await ledger.sale(customers[number % 3], click, id=key, **named)
        await _beneath(ledger, number, sale, click)
    await ledger.reference(sale, "sale_before")
    await ledger.consideration(sale, clicks[0], reason="detached", rule="attached", position=2)
    unpaid, event = await ledger.payment(), await ledger.event(event_id="evt_unpaid")
    await ledger.fact(unpaid.id, event)
    for number, key in enumerate(KEYS):
        await ledger.key(id=key, name=ODD, revoked_at=_day(number) if number else None)
    for number in range(4):
        await ledger.lead(
            customers[number % 2],
            clicks[number],
            id=LEADS[number],
            at=_day(number // 2),
            source=["site", "stripe"][number % 2],
            quantity=number,
        )
    await ledger.event(event_id="evt_failed", state=EventState.FAILED, error=ODD, settled_at=None, next_try_at=_day(9))


async def _rates() -> None:
    """Of two days, known complete to the second: sales of the third day wait."""
    await RateSource.create(source="ECB", base="EUR", complete_to=_day(1.5))
    for day, dollars in ((0, "1.1"), (1, "1.2")):
        await Rate.bulk_create(
            Rate(source="ECB", currency=currency, published_at=_day(day), per_base=rate)
            for currency, rate in (("USD", dollars), ("JPY", "160.5"), *([("GBP", "0.85")] if day else []))
        )


async def _beneath(ledger: Ledger, number: int, sale: Any, click: Any) -> None:
    for each in range(number % 3):
        at, status = _day(number // 3), list(RefundStatus)[each]
        key = {"id": REFUNDS[number % 3]} if each == 1 and number < 3 else {}
        await ledger.refund(sale, 50 + each, at=at, status=status, reason=ODD if each else None, **key)
    if click is not None:
        await ledger.credit(sale, click, weight="0.5")
        await ledger.credit(sale, click, weight="0.5", position=1)
    await ledger.consideration(sale, click, source="stm_1" if number % 2 else "evt_1")
    await ledger.consideration(sale, None, stated=None, reason="no_click_id", rule="none")
    if number < 2:
        await ledger.event(sale, event_id=f"evt_{number}_first")
        await ledger.event(sale, event_id=f"evt_{number}_second")
        await ledger.dispute(sale, id=DISPUTES[number], at=EPOCH)
    if number == 0:
        await ledger.reference(sale, "cs_1")
