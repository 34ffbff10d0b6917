"""A report as a naive reading counts it: every row in memory, one by one, with nothing of what it judges but the tables."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import median_low
from typing import Any
from zoneinfo import ZoneInfo

from ingest.models.evidence import Click
from ingest.models.ledger import Sale
from ingest.models.people import Lead
from ingest.models.rollups import MEASURES, SETS, RollupDelta
from ingest.models.workspace import Workspace

COLUMNS = {
    "LINK": "link_id",
    "UTM_SOURCE": "utm_source",
    "UTM_MEDIUM": "utm_medium",
    "UTM_CAMPAIGN": "utm_campaign",
    "UTM_TERM": "utm_term",
    "UTM_CONTENT": "utm_content",
    "COUNTRY": "country",
    "DEVICE": "device",
    "BROWSER": "browser",
    "OS": "os",
    "REFERER": "referer",
    "TRIGGER": "trigger",
}
EXTRAS = {"VISITORS": "visitors", "MEDIAN_NET": "medianNet", "MEDIAN_SECONDS_TO_SALE": "medianSecondsToSale"}
FIGURES = ("clicks", "leads", "sales", "pendingSales", "gross", "refunded", "disputed", "net")
Asked = Mapping[str, Any]


def said(text: Any) -> Any:
    """Text without the marks that stand for what databases cannot hold."""
    if not isinstance(text, str):
        return text
    parts = text.split("\ue000\ue000")
    for number, part in enumerate(parts):
        while (place := part.find("\ue000")) >= 0:
            part = part[:place] + chr(int(part[place + 1 : place + 5], 16)) + part[place + 5 :]  # noqa: PLW2901  # bit by bit
        parts[number] = part
    return "\ue000".join(parts)


@dataclass(frozen=True)
class Item:
    """A click, a lead or a sale: when, of which click, and what it adds."""

    at: datetime
    dimensions: Mapping[str, str]
    adds: Mapping[str, int]
    currency: str = ""
    who: str | None = None
    seconds: int | None = None


class Book:
    """All that a key sees."""

    def __init__(self, workspace: Workspace, items: list[Item]) -> None:
        self.workspace, self.items, self.zone = workspace, items, ZoneInfo(workspace.timezone)
        self._extras: set[str] = set()

    @classmethod
    async def read(cls, workspace_id: int, *, livemode: bool) -> "Book":
        clicks = {click.id: click for click in await Click.filter(workspace_id=workspace_id)}
        mine = {"workspace_id": workspace_id, "livemode": livemode}
        items = [_clicked(click) for click in clicks.values() if not click.bot]
        leads, sales = await Lead.filter(**mine), await Sale.filter(**mine)
        items += [Item(lead.at, _of(clicks.get(lead.click_id or ""), lead.link_id), {"leads": 1}) for lead in leads]
        items += [_sold(sale, clicks.get(sale.click_id or "")) for sale in sales]
        return cls(await Workspace.get(id=workspace_id), items)

    def report(self, asked: Asked) -> dict[str, Any]:
        """The whole answer; money as {minor, currency}, a link by its id."""
        start, end = self._range(asked)
        counted = [each for each in self.items if start <= each.at < end and _meets(each, asked.get("filter") or {})]
        by = [COLUMNS[name] for name in asked.get("groupBy") or ()]
        groups: dict[tuple[str, ...], list[Item]] = {}
        for each in counted if by else ():
            groups.setdefault(tuple(each.dimensions[column] for column in by), []).append(each)
        order = asked.get("orderBy") or {"field": "NET", "direction": "DESC"}
        figure, sign = order["field"].lower(), -1 if order["direction"] == "DESC" else 1

        def place(key: tuple[str, ...]) -> Any:
            figures = self._sums(groups[key])
            return sign * figures[figure], -figures["clicks"], key

        limit = asked.get("limit")
        shown = sorted(groups, key=place)[: 20 if limit is None else limit]
        spans = self._periods(start, end, asked.get("interval"))
        self._extras = set(asked.get("extras") or ())
        return {
            "start": start,
            "end": end,
            "timezone": self.workspace.timezone,
            "currency": self.workspace.currency,
            "totals": self._whole(counted, spans),
            "rows": [{**dict(zip(by, key, strict=True)), **self._whole(groups[key], spans)} for key in shown],
            "groups": len(groups),
            "pending": self._pending(counted),
        }

    def _figures(self, items: Sequence[Item]) -> dict[str, Any]:
        return {**self._sums(items), **self._besides(items)}

    def _besides(self, items: Sequence[Item]) -> dict[str, int | None]:
        """What is no sum; None where it is not asked for, or where there is nothing to take a median of."""
        sales = [each for each in items if "sales" in each.adds]
        nets = [each.adds["net"] for each in sales if each.currency == self.workspace.currency]
        took = [each.seconds for each in sales if each.seconds is not None]
        found = {
            "VISITORS": len({each.who for each in items if each.who is not None}),
            "MEDIAN_NET": median_low(nets) if nets else None,
            "MEDIAN_SECONDS_TO_SALE": median_low(took) if took else None,
        }
        return {EXTRAS[name]: value if name in self._extras else None for name, value in found.items()}

    def _sums(self, items: Sequence[Item]) -> dict[str, int]:
        found = dict.fromkeys(FIGURES, 0)
        for item in items:
            ours = item.currency in ("", self.workspace.currency)
            for name, value in item.adds.items():
                found[name] += value if ours or name == "sales" else 0
            found["pendingSales"] += 0 if ours else 1
        return found

    def _whole(self, items: list[Item], spans: list[tuple[datetime, datetime]]) -> dict[str, Any]:
        parts = [{"start": start, "end": end, **self._figures([each for each in items if start <= each.at < end])} for start, end in spans]
        return {**self._figures(items), "periods": parts}

    def _pending(self, items: list[Item]) -> list[dict[str, Any]]:
        others = sorted({each.currency for each in items} - {"", self.workspace.currency})
        held = {currency: [each.adds for each in items if each.currency == currency] for currency in others}
        summed = {name: {of: sum(each[name] for each in adds) for of, adds in held.items()} for name in ("sales", "gross", "net")}
        return [{"currency": of, **{name: sums[of] for name, sums in summed.items()}} for of in others]

    def _range(self, asked: Asked) -> tuple[datetime, datetime]:
        if asked.get("from") is not None:
            return datetime.fromisoformat(asked["from"]).astimezone(UTC), datetime.fromisoformat(asked["to"]).astimezone(UTC)
        return self._begins(date.fromisoformat(asked["firstDay"])), self._begins(date.fromisoformat(asked["lastDay"]) + timedelta(days=1))

    def _begins(self, day: date) -> datetime:
        """The first minute in which the zone's calendar shows the day, found by halving."""
        low = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=30)
        minutes = range(60 * 60)
        first, last = 0, len(minutes)
        while first < last:
            middle = (first + last) // 2
            if (low + timedelta(minutes=middle)).astimezone(self.zone).date() >= day:
                last = middle
            else:
                first = middle + 1
        return low + timedelta(minutes=first)

    def _periods(self, start: datetime, end: datetime, interval: str | None) -> list[tuple[datetime, datetime]]:
        if interval is None:
            return []
        cuts, at = [start], start
        while at < end:
            at = self._next(at, interval)
            cuts.append(min(at, end))
        return list(pairwise(cuts))

    def _next(self, at: datetime, interval: str) -> datetime:
        local = at.astimezone(self.zone)
        day = local.date()
        if interval == "HOUR":
            into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
            return at + timedelta(hours=1) - into
        if interval == "MONTH":
            month = day.month % 12 + 1
            return self._begins(date(day.year + (month == 1), month, 1))
        return self._begins(day + timedelta(days=1 if interval == "DAY" else 7 - day.weekday()))


def _clicked(click: Click) -> Item:
    return Item(click.clicked_at, _of(click, click.link_id), {"clicks": 1}, who=click.anonymous_id or click.visitor or click.id)


def _took(sale: Sale, click: Click | None) -> int | None:
    """Whole seconds."""
    return None if click is None else max(0, (sale.paid_at - click.clicked_at) // timedelta(seconds=1))


def _sold(sale: Sale, click: Click | None) -> Item:
    figures: dict[str, Any] = {name: getattr(sale, f"converted_{name}_minor") for name in FIGURES[4:]}
    if figures["net"] is None:
        figures = {name: getattr(sale, f"{name}_minor") for name in FIGURES[4:]}
        return Item(sale.paid_at, _of(click, sale.link_id), {"sales": 1, **figures}, sale.currency, seconds=_took(sale, click))
    return Item(sale.paid_at, _of(click, sale.link_id), {"sales": 1, **figures}, sale.converted_currency, seconds=_took(sale, click))


def _of(click: Click | None, link_id: str | None) -> dict[str, str]:
    said = {column: "" if click is None else getattr(click, column) or "" for column in COLUMNS.values()}
    return {**said, "link_id": link_id or ""}


def _meets(item: Item, asked: Mapping[str, Any]) -> bool:
    for name, held in asked.items():
        column = COLUMNS[_upper(name)]
        mine = said(item.dimensions[column])
        for operator, value in (held or {}).items():
            if value is not None and not _TESTS[operator](mine, value):
                return False
    return True


_TESTS: Mapping[str, Callable[[str, Any], bool]] = {
    "eq": lambda mine, value: mine == value,
    "in": lambda mine, value: mine in value,
    "contains": lambda mine, value: value in mine,
}


def _upper(name: str) -> str:
    """`utmSource` as the enumeration has it."""
    return "".join(f"_{each}" if each.isupper() else each for each in name).upper()


_SUMS = "clicks leads sales pendingSales gross { minor } refunded { minor } disputed { minor } net { minor }"
_EXTRAS = "visitors medianNet { minor } medianSecondsToSale"
_EACH = f"{_SUMS} {_EXTRAS} periods {{ start end {_SUMS} {_EXTRAS} }}"
_DIMENSIONS = "utmSource utmMedium utmCampaign utmTerm utmContent country device browser os referer trigger"
DOCUMENT = f"""query Counted($input: ReportInput!) {{ report(input: $input) {{
  start end timezone currency groups totals {{ {_EACH} }} rows {{ link {{ id }} {_DIMENSIONS} {_EACH} }}
  pending {{ currency sales gross {{ minor }} net {{ minor }} }} }} }}"""


def shown(report: Mapping[str, Any]) -> dict[str, Any]:
    """The naive answer as DOCUMENT asks for it. Every link of a click is one that is there."""
    return {
        **{name: report[name] for name in ("timezone", "currency", "groups")},
        "start": _moment(report["start"]),
        "end": _moment(report["end"]),
        "totals": _figures(report["totals"]),
        "rows": [{**_named(row), **_figures(row)} for row in report["rows"]],
        "pending": [{**each, "gross": {"minor": str(each["gross"])}, "net": {"minor": str(each["net"])}} for each in report["pending"]],
    }


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    link = row.get("link_id") or None
    texts = {name: row.get(COLUMNS[_upper(name)]) for name in _DIMENSIONS.split()}
    return {"link": None if link is None else {"id": link}, **{name: said(text) or None for name, text in texts.items()}}


def _figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in figures.items():
        if name in FIGURES:
            found[name] = {"minor": str(value)} if name in FIGURES[4:] else value
        elif name in EXTRAS.values():
            found[name] = {"minor": str(value)} if name == "medianNet" and value is not None else value
        elif name == "periods":
            found[name] = [{"start": _moment(each["start"]), "end": _moment(each["end"]), **_figures(each)} for each in value]
    return found


async def strayed(workspace_id: int) -> list[str]:
    """Sums that the rollups hold, with what is not in a bucket yet, and that are not those of the rows."""
    expected: Counter[tuple[Any, ...]] = Counter()
    for livemode in (False, True):
        for item in (await Book.read(workspace_id, livemode=livemode)).items:
            mode = 0 if "clicks" in item.adds else 2 - livemode
            if mode or livemode:  # clicks are in both books
                _note(expected, int(item.at.timestamp()) // 3600, mode, item.currency, item.dimensions, item.adds)
    held: Counter[tuple[Any, ...]] = Counter()
    for delta in await RollupDelta.filter(workspace_id=workspace_id):
        _note(held, delta.hour, delta.mode, delta.currency, vars(delta), _added(delta))
    for table, dimensions in SETS.items():
        for row in await table.filter(workspace_id=workspace_id):
            key = (table.__name__, row.span, row.hour, row.mode, row.currency, *(getattr(row, each) for each in dimensions))
            for name, value in _added(row).items():
                held[*key, name] += value
    return [f"{key}: {held[key]} and not {expected[key]}" for key in expected.keys() | held.keys() if held[key] != expected[key]]


def _added(row: Any) -> dict[str, int]:
    return {name.removesuffix("_minor"): getattr(row, name) for name in MEASURES}


def _note(sums: Counter[Any], hour: int, mode: int, currency: str, said: Mapping[str, Any], adds: Mapping[str, int]) -> None:
    for table, dimensions in SETS.items():
        for span in (1, 24):
            for name, value in adds.items():
                sums[table.__name__, span, hour - hour % span, mode, currency, *(said[each] for each in dimensions), name] += value
