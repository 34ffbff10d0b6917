"""The naive reading of a diagnosis: what an id names, looked for in every table by hand, and what is missing from there to the credit."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from graphql import GraphQLEnumType

from tests.counting import said
from tests.resolvers.plan.cutting import Refused, Row
from tests.resolvers.plan.held import Held, sdl
from tests.resolvers.plan.words import PLACES

REASONS = {
    "click_malformed": "CLICK_ID_MALFORMED",
    "click_unknown": "CLICK_UNKNOWN",
    "other_workspace": "CLICK_ELSEWHERE",
    "click_after_payment": "CLICK_TOO_LATE",
    "outside_window": "CLICK_TOO_OLD",
    "detached": "CLICK_TAKEN_OFF",
}


class Findings(Held):
    """One workspace, one mode."""

    def _diagnose(self, said_: str) -> Row:
        asked = said_.strip()
        if not 1 <= len(asked) <= 320:
            raise Refused("id: must have 1 to 320 characters")
        seen = self._event_of(asked) or self._payment_of(asked) or self._click_of(asked) or self._customer_of(asked) or {"kind": "UNKNOWN"}
        codes = list(dict.fromkeys(self._missing(asked, seen)))
        return {
            "__typename": "Diagnosis",
            "asked": asked,
            "kind": seen["kind"],
            "complete": not codes,
            "findings": [{"__typename": "Finding", "code": code, "text": _words(code), "place": PLACES[code]} for code in codes],
            "sale": lambda _info: self._found(self.sales, _id(seen.get("sale")), self._sale),
            "customer": lambda _info: self._found(self.customers, _id(seen.get("customer")), self._customer),
            "click": lambda _info: self._found(self.clicks, _id(seen.get("click")), self._click),
        }

    # --- what it names ----------------------------------------------------------------------------------------------------------

    def _event_of(self, asked: str) -> Row | None:
        found = [event for event in self.events if asked.startswith("evt_") and event.event_id == asked]
        if not found:
            return None
        event = max(found, key=lambda each: each.id)
        facts = sorted((fact for fact in self.facts if fact.event_id == event.id), key=lambda fact: fact.id)
        return {**(self._of_payment(facts[0].payment_id) if facts else {}), "kind": "EVENT", "event": event}

    def _payment_of(self, asked: str) -> Row | None:
        named = {each.sale_id for each in self.references if said(each.name) == asked}
        sales = [sale for sale in self.sales if sale.id in named] or [sale for sale in self.sales if sale.id == asked]
        if sales:
            return self._of_sale(max(sales, key=lambda sale: (sale.paid_at, sale.id)))
        return None  # no payment of this ledger is known by a key alone: tests/schema/test_diagnoses.py has those

    def _of_payment(self, payment: str) -> Row:
        sale = next((sale for sale in self.sales if sale.payment_id == payment), None)
        if sale is not None:
            return self._of_sale(sale)
        return {"kind": "PAYMENT", "payment": True, "fault": any(each.id == payment and each.error is not None for each in self.subjects)}

    def _of_sale(self, sale: Any) -> Row:
        return {"kind": "PAYMENT", "payment": True, "sale": sale, **self._people(sale.customer_id, sale.click_id)}

    def _people(self, customer: str | None, click: str | None) -> Row:
        return {
            "customer": next((each for each in self.customers if each.id == customer), None),
            "click": next((each for each in self.clicks if each.id == click), None),
        }

    def _click_of(self, asked: str) -> Row | None:
        given = re.fullmatch("(?:click_|pimms_id_|dub_id_)?([0-9A-Za-z]{16})", asked)
        click = next((each for each in self.clicks if given and each.id == given[1]), None)
        if click is None:
            return None
        sales, leads = ([row for row in rows if row.click_id == click.id] for rows in (self.sales, self.leads))
        sale, lead = _latest(sales, "paid_at"), _latest(leads, "at")
        own = next((link.track_conversion for link in self.links if link.id == click.link_id), True)
        buyer = sale.customer_id if sale is not None else None if lead is None else lead.customer_id
        sends = self.workspace.track_conversion if own is None else own
        return {"kind": "CLICK", "sale": sale, "silent": not sends, "led": bool(sales or leads), **self._people(buyer, click.id)}

    def _customer_of(self, asked: str) -> Row | None:
        pointed = {each.customer_id for each in self.pointers if said(each.stripe_id) == asked}
        oldest_first = sorted(self.customers, key=lambda row: (row.first_seen_at, row.id))
        tests: list[Callable[[Any], bool]] = [
            lambda row: row.id == asked,
            lambda row: row.id in pointed,
            lambda row: said(row.external_id) == asked,
            lambda row: row.email_key == asked.lower(),
        ]
        customer = next((row for meets in tests for row in oldest_first if meets(row)), None)
        if customer is None:
            return None
        sale = _latest([row for row in self.sales if row.customer_id == customer.id], "paid_at")
        lead = _latest([row for row in self.leads if row.customer_id == customer.id and row.click_id is not None], "at")
        brought = sale.click_id if sale is not None else None if lead is None else lead.click_id
        return {"kind": "CUSTOMER", "sale": sale, "led": lead is not None, **self._people(customer.id, brought)}

    # --- what is missing --------------------------------------------------------------------------------------------------------

    def _missing(self, asked: str, seen: Row) -> Iterator[str]:
        kind, sale, event = seen["kind"], seen.get("sale"), seen.get("event")
        if kind == "UNKNOWN":
            of_stripe = re.fullmatch("(?:evt|cs|in|pi|ch|py|re|sub|cus|du|dp)_[0-9A-Za-z_]+", asked)
            clicked = re.fullmatch("(?:click_|pimms_id_|dub_id_)?[0-9A-Za-z]{16}", asked)
            yield "NOTHING_HEARD" if of_stripe else "CLICK_UNKNOWN" if clicked else "NOT_RECOGNISED"
        states = {"stored": "EVENT_WAITING", "failed": "EVENT_FAILED", "ignored": "EVENT_IGNORED"}
        if event is not None and event.state.value in states:
            yield states[event.state.value]
        if seen.get("payment") and sale is None:
            yield "PAYMENT_FAILED" if seen["fault"] else "NOT_PAID"
        if sale is not None:
            yield from self._of_credit(sale)
        if kind == "CLICK":
            told = {"CLICK_OF_A_BOT": seen["click"].bot, "CLICK_ID_NOT_SENT": seen["silent"], "CLICK_NAMED_BY_NOBODY": not seen["led"]}
            yield from (code for code, holds in told.items() if holds)
        if kind == "CUSTOMER" and sale is None:
            yield from [] if seen["led"] else ["CUSTOMER_WITHOUT_CLICK"]
            yield "CUSTOMER_WITHOUT_SALE"

    def _of_credit(self, sale: Any) -> Iterator[str]:
        buyer = next((each for each in self.customers if each.id == sale.customer_id), None)
        if sale.converted_net_minor is None:
            yield "RATE_UNKNOWN"
        if sale.click_id is None:
            yield REASONS.get(sale.reason, "CLICK_ID_NOWHERE")
            if buyer is not None and buyer.external_id is None:
                yield "CUSTOMER_WITHOUT_ID"


def _words(code: str) -> str:
    """The sentence of a finding, as the schema describes its code."""
    codes = sdl().type_map["FindingCode"]
    assert isinstance(codes, GraphQLEnumType)
    return str(codes.values[code].description)


def _latest(rows: Iterable[Any], moment: str) -> Any:
    return max(rows, key=lambda row: (getattr(row, moment), row.id), default=None)


def _id(row: Any) -> Any:
    return None if row is None else row.id
