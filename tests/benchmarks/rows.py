"""The rows of a benchmark's database: one workspace's year, the same at every run."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from ingest import ids
from tests.benchmarks.size import START, Size

COUNTRIES = ("US", "GB", "DE", "FR", "NL", "ES", "BR", "JP", None)
REFERERS = ("news.example", "search.example", "social.example", "blog.example", None)
BROWSERS = (("desktop", "Chrome", "Windows"), ("mobile", "Mobile Safari", "iOS"), ("mobile", "Chrome Mobile", "Android"))
CAMPAIGNS = ("spring", "launch", "newsletter", None)
HOST = "go.example"
Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose rows they are."""

    workspace_id: int
    account_id: int

    @property
    def plain(self) -> Record:
        return {"workspace_id": self.workspace_id}

    @property
    def live(self) -> Record:
        return {"workspace_id": self.workspace_id, "livemode": True}


@dataclass(frozen=True, slots=True)
class Rows:
    """Every table's rows, for one owner."""

    size: Size
    owner: Owner

    def tables(self) -> Iterator[tuple[str, Iterator[Record]]]:
        """The tables in the order in which they can be filled."""
        yield "domain", iter([{"workspace_id": self.owner.workspace_id, "name": HOST}])
        for table in ("link", "click", "subject", "customer", "sale", "credit", "consideration", "sale_reference", "refund"):
            yield table, getattr(self, f"_{table}")()
        yield "payment_key", self._payment_key()
        yield "fact", self._fact()

    def _link(self) -> Iterator[Record]:
        for number in range(self.size.links):
            yield {
                "id": self.size.link_id(number),
                **self.owner.plain,
                "domain": HOST,
                "key": f"k{number}",
                "url": f"https://shop.example/page/{number}?color=blue",
                "utm_source": "benchmark",
                "utm_campaign": CAMPAIGNS[number % len(CAMPAIGNS)],
                "created_at": START,
                "updated_at": START,
            }

    def _click(self) -> Iterator[Record]:
        for number in range(self.size.clicks):
            device, browser, system = BROWSERS[number % len(BROWSERS)]
            link = self.size.click_link(number)
            yield {
                "id": self.size.click_id(number),
                **self.owner.plain,
                "link_id": self.size.link_id(link),
                "clicked_at": self.size.clicked_at(number),
                "url": f"https://shop.example/page/{link}?color=blue&utm_source=benchmark",
                "visitor": f"{number:032x}",
                "anonymous_id": f"anon_{number // 3:022d}",
                "country": COUNTRIES[number % len(COUNTRIES)],
                "device": device,
                "browser": browser,
                "os": system,
                "referer": REFERERS[number % len(REFERERS)],
                "utm_source": "benchmark",
                "utm_campaign": CAMPAIGNS[link % len(CAMPAIGNS)],
                "trigger": "link",
                "bot": False,
            }

    def _subject(self) -> Iterator[Record]:
        for sale in range(self.size.sales):
            yield {"id": _payment(sale), **self.owner.live, "kind": "payment", "dirty": False, "attempts": 0}

    def _customer(self) -> Iterator[Record]:
        for number in range(self.size.customers):
            yield {
                "id": self.size.customer_id(number),
                **self.owner.live,
                "external_id": f"user_{number}",
                "email": f"buyer{number}@example.com",
                "email_key": f"buyer{number}@example.com",
                "name": f"Buyer {number}",
                "country": COUNTRIES[number % len(COUNTRIES)],
                "stripe_customers": orjson.dumps([f"cus_bench{number}"]).decode(),
                "first_seen_at": START + timedelta(seconds=number),
            }

    def _sale(self) -> Iterator[Record]:
        for sale in range(self.size.sales):
            click = self.size.sale_click(sale)
            gross, back = _gross(sale), 500 if self.size.is_refunded(sale) else 0
            yield {
                "id": self.size.sale_id(sale),
                **self.owner.live,
                "account_id": self.owner.account_id,
                "payment_id": _payment(sale),
                "kind": "purchase",
                "status": "partially_refunded" if back else "paid",
                "paid_at": self.size.paid_at(sale),
                "processor": "stripe",
                "metadata": "{}",
                "off_stripe": False,
                **_figures(sale, gross, back),
                "customer_id": self.size.customer_id(self.size.sale_customer(sale)),
                "click_id": None if click is None else self.size.click_id(click),
                "link_id": None if click is None else self.size.link_id(self.size.click_link(click)),
                "reason": "no_click_id" if click is None else "credited",
                "identity_conflict": False,
                "ruleset": "benchmark",
                "session_id": f"cs_bench{sale}",
                "intent_id": f"pi_bench{sale}",
                "charge_id": f"ch_bench{sale}",
                "stripe_customer_id": f"cus_bench{self.size.sale_customer(sale)}",
                "digest": f"{sale:024x}",
            }

    def _credit(self) -> Iterator[Record]:
        for sale in range(self.size.sales):
            click = self.size.sale_click(sale)
            if click is None:
                continue
            net = _gross(sale) - (500 if self.size.is_refunded(sale) else 0)
            yield {
                "id": ids.derived("cred", "benchmark", sale),
                **self.owner.live,
                "sale_id": self.size.sale_id(sale),
                "position": 0,
                "click_id": self.size.click_id(click),
                "link_id": self.size.link_id(self.size.click_link(click)),
                "weight": "1",
                "currency": _currency(sale),
                "amount_minor": net,
                "converted_currency": "USD",
                "converted_minor": _converted(sale, net),
            }

    def _consideration(self) -> Iterator[Record]:
        for sale in range(self.size.sales):
            click = self.size.sale_click(sale)
            if click is None:
                continue
            yield {
                "id": ids.derived("cons", "benchmark", sale),
                **self.owner.live,
                "sale_id": self.size.sale_id(sale),
                "position": 0,
                "rule": "payment",
                "verdict": "credited",
                "reason": "credited",
                "stated": self.size.click_id(click),
                "click_id": self.size.click_id(click),
                "source": f"evt_bench{sale}",
                "field": "data.object.metadata.pimmsClickId",
                "stated_at": self.size.paid_at(sale),
            }

    def _sale_reference(self) -> Iterator[Record]:
        for sale in range(self.size.sales):
            for name in (f"cs_bench{sale}", f"pi_bench{sale}", f"ch_bench{sale}", self.size.sale_id(sale)):
                yield {**self.owner.live, "name": name, "sale_id": self.size.sale_id(sale)}

    def _refund(self) -> Iterator[Record]:
        for refund in range(self.size.refunds):
            sale = self.size.refunded_sale(refund)
            yield {
                "id": ids.derived("rfnd", "benchmark", refund),
                **self.owner.live,
                "payment_id": _payment(sale),
                "sale_id": self.size.sale_id(sale),
                "stripe_id": f"re_bench{refund}",
                "status": "succeeded",
                "reason": "requested_by_customer",
                "currency": _currency(sale),
                "amount_minor": 500,
                "counted_minor": 500,
                "converted_currency": "USD",
                "converted_minor": _converted(sale, 500),
                "at": self.size.paid_at(sale) + timedelta(hours=1),
            }

    def _payment_key(self) -> Iterator[Record]:
        for sale in range(self.size.sales):
            for key in (f"session:cs_bench{sale}", f"intent:pi_bench{sale}", f"charge:ch_bench{sale}"):
                yield {**self.owner.live, "account_id": self.owner.account_id, "key": key, "payment_id": _payment(sale)}

    def _fact(self) -> Iterator[Record]:
        for sale in range(self.size.sales):
            data = {"id": f"pi_bench{sale}", "status": "succeeded", "currency": _currency(sale), "received_minor": _gross(sale)}
            yield {
                **self.owner.live,
                "account_id": self.owner.account_id,
                "payment_id": _payment(sale),
                "kind": "intent",
                "object_id": f"pi_bench{sale}",
                "position": 0,
                "source": f"evt_bench{sale}",
                "at": self.size.paid_at(sale),
                "data": orjson.dumps(data).decode(),
                "parser_version": 1,
            }


def _payment(sale: int) -> str:
    return f"pay_{sale:016d}"


def _gross(sale: int) -> int:
    return 1_000 + sale * 7 % 9_000


def _currency(sale: int) -> str:
    return "EUR" if sale % 4 == 3 else "USD"


def _converted(sale: int, minor: int) -> int:
    return round(minor * 1.1) if _currency(sale) == "EUR" else minor


def _figures(sale: int, gross: int, back: int) -> Record:
    minor = {"gross": gross, "tax": 0, "shipping": 0, "discount": 0, "refunded": back, "disputed": 0, "net": gross - back}
    euro = _currency(sale) == "EUR"
    return {
        "currency": _currency(sale),
        "converted_currency": "USD",
        **{f"{name}_minor": value for name, value in minor.items()},
        **{f"converted_{name}_minor": _converted(sale, value) for name, value in minor.items()},
        "rate": "1.1" if euro else None,
        "rate_source": "ECB" if euro else None,
        "rate_published_at": START if euro else None,
    }
