"""The rest of the naive reading: what names one row, who got the credit and why, money that went back, leads, evidence."""

from collections.abc import Callable, Iterable
from typing import Any

from tests.counting import said
from tests.resolvers.plan.cutting import Refused, Row, moment, money
from tests.resolvers.plan.findings import Findings
from tests.resolvers.plan.trails import Trails
from tests.resolvers.plan.words import considered
from tests.resolvers.plan.worth import Worth


class Chains(Trails, Worth, Findings):
    """One workspace, one mode."""

    def _chain_roots(self) -> Row:
        return {
            "node": lambda _info, id: self._node(id),  # noqa: A006  # as the argument is called
            "nodes": lambda _info, ids: [self._node(each) for each in ids],
            "sale": self._sale_asked,
            "diagnose": lambda _info, id: self._diagnose(id),  # noqa: A006  # as the argument is called
            "customer": self._customer_asked,
            "link": self._link_asked,
            "click": lambda _info, clickId: self._found(self.clicks, clickId, self._click),  # noqa: N803  # as the argument is called
            "leads": self._listed("Lead", lambda: self.leads, self._lead, "at"),
            "stripeEvents": self._listed("StripeEvent", lambda: self.events, self._event, "created_at"),
            "disputes": self._listed("Dispute", lambda: self.disputes, self._dispute, "at"),
            "unattributed": self._listed("Sale", lambda: [sale for sale in self.sales if sale.click_id is None], self._sale, "paid_at"),
        }

    def _node(self, name: str) -> Row | None:
        prefix, _, rest = name.partition("_")
        kinds: dict[str, tuple[list[Any], Callable[[Any], Row]]] = {
            "cust": (self.customers, self._customer),
            "link": (self.links, self._link),
            "rfnd": (self.refunds, self._refund),
            "disp": (self.disputes, self._dispute),
            "lead": (self.leads, self._lead),
            "key": (self.keys, self._key),
        }
        if prefix in kinds:
            rows, shown = kinds[prefix]
            return self._found(rows, name, shown)
        if prefix == "sale":
            return self._sale_named(name)
        if prefix == "click":
            return self._found(self.clicks, rest, self._click)
        if prefix == "inbox":
            return next((self._event(event) for event in self.events if str(event.id) == rest), None)
        return self._workspace(self.workspace) if name == f"ws_{self._workspace_id}" else None

    def _sale_named(self, name: str) -> Row | None:
        now = [each.sale_id for each in self.references if each.name == name]
        return self._found(self.sales, name, self._sale) or next((self._found(self.sales, key, self._sale) for key in now), None)

    def _sale_asked(self, _info: Any, **given: Any) -> Row | None:
        name, value = _only(given, "id", "stripeId")
        if name == "id":
            return self._sale_named(value) if value.startswith("sale_") else None
        named = {each.sale_id for each in self.references if each.name == value}
        found = sorted((sale for sale in self.sales if sale.id in named), key=lambda sale: (sale.paid_at, sale.id))
        return self._sale(found[-1]) if found else None

    def _customer_asked(self, _info: Any, **given: Any) -> Row | None:
        name, value = _only(given, "id", "externalId", "stripeCustomerId", "email")
        pointed = {each.customer_id for each in self.pointers if each.stripe_id == value}
        meets: dict[str, Callable[[Any], bool]] = {
            "id": lambda row: row.id == value,
            "externalId": lambda row: said(row.external_id) == value,
            "stripeCustomerId": lambda row: row.id in pointed,
            "email": lambda row: row.email_key == value.strip().lower(),
        }
        found = sorted(filter(meets[name], self.customers), key=lambda row: (row.first_seen_at, row.id))
        return self._customer(found[0]) if found else None

    def _link_asked(self, _info: Any, **given: Any) -> Row | None:
        name, value = _only(given, "id", "key")
        domain = given.get("domain")
        if name == "id" and domain is not None:
            raise Refused("domain: goes with key, not with id")
        if name == "id":
            return self._found(self.links, value, self._link)
        own = [each.name for each in sorted(self.domains, key=lambda each: each.id) if each.name != "*"]
        host = domain.strip().lower() if domain is not None else (own or ["*"])[0]
        return next((self._link(link) for link in self.links if (link.domain, said(link.key)) == (host, value)), None)

    def _workspace(self, row: Any) -> Row:
        return {
            "__typename": "Workspace",
            "id": f"ws_{row.id}",
            "allowedHosts": row.allowed_hosts,
            "trackConversion": row.track_conversion,
            "fxSource": row.fx_source,
            "createdAt": moment(row.created_at),
            **{name: getattr(row, name) for name in ("slug", "name", "currency", "timezone")},
            "apiKeys": self._listed("ApiKey", lambda: self.keys, self._key, "created_at"),
        }

    def _key(self, key: Any) -> Row:
        return {
            "__typename": "ApiKey",
            "createdAt": moment(key.created_at),
            "revokedAt": moment(key.revoked_at),
            "name": said(key.name),
            **{name: getattr(key, name) for name in ("id", "livemode", "hint", "scopes")},
        }

    # --- what stands beneath a sale ---------------------------------------------------------------------------------------------

    def _beneath(self, sale: Any) -> Row:
        facts = {fact.event_id for fact in self.facts if fact.payment_id == sale.payment_id}
        ids = {name: getattr(sale, f"{name}_id") for name in ("session", "invoice", "intent", "charge", "subscription")}
        rate = {"rate": sale.rate, "source": sale.rate_source, "publishedAt": moment(sale.rate_published_at)}
        return {
            "stripe": {"__typename": "StripeIds", **ids, "customer": sale.stripe_customer_id},
            "rate": None if sale.rate_source is None else {"__typename": "ExchangeRate", **rate},
            "attribution": {
                "__typename": "Attribution",
                "model": "LAST_TOUCH",
                "ready": True,
                "reason": sale.reason.upper(),
                "credits": lambda _info: [self._credit(each) for each in _ranked(self.credits, sale)],
                "explanation": lambda _info: [self._consideration(each) for each in _ranked(self.considerations, sale)],
            },
            "disputes": self._listed("Dispute", lambda: [each for each in self.disputes if each.sale_id == sale.id], self._dispute, "at"),
            "evidence": self._listed("StripeEvent", lambda: [each for each in self.events if each.id in facts], self._event, "created_at"),
        }

    def _credit(self, credit: Any) -> Row:
        amount = money(credit.amount_minor, credit.currency)
        return {
            "__typename": "Credit",
            "click": lambda _info: self._found(self.clicks, credit.click_id, self._click),
            "link": lambda _info: self._found(self.links, credit.link_id, self._link),
            "weight": credit.weight,
            "amount": amount,
            "pair": {"original": amount, "converted": money(credit.converted_minor, credit.converted_currency)},
        }

    def _consideration(self, each: Any) -> Row:
        told = each.source.startswith("stm_")
        return {
            "__typename": "Consideration",
            "rule": each.rule.upper(),
            "verdict": each.verdict.upper(),
            "reason": each.reason.upper(),
            "text": considered(each.rule, each.reason, said(each.stated), each.field),
            "stated": said(each.stated),
            "click": lambda _info: self._found(self.clicks, each.click_id, self._click),
            "source": {
                "__typename": "EvidenceSource",
                "eventId": None if told or not each.source else each.source,
                "statement": each.source if told else None,
                "field": each.field,
                "at": moment(each.stated_at),
            },
        }

    def _dispute(self, dispute: Any) -> Row:
        amount = money(dispute.amount_minor, dispute.currency)
        return {
            "__typename": "Dispute",
            "id": dispute.id,
            "livemode": dispute.livemode,
            "stripeId": dispute.stripe_id,
            "status": dispute.status.name,
            "reason": said(dispute.reason),
            "at": moment(dispute.at),
            "amount": amount,
            "counted": money(dispute.counted_minor, dispute.currency),
            "pair": {"original": amount, "converted": money(dispute.converted_minor, dispute.converted_currency)},
            "sale": lambda _info: self._found(self.sales, dispute.sale_id, self._sale),
        }

    def _lead(self, lead: Any) -> Row:
        return {
            "__typename": "Lead",
            "id": lead.id,
            "livemode": lead.livemode,
            "eventName": said(lead.event_name),
            "quantity": lead.quantity,
            "metadata": lead.metadata,
            "source": lead.source.upper(),
            "at": moment(lead.at),
            "customer": lambda _info: self._found(self.customers, lead.customer_id, self._customer),
            "click": lambda _info: self._found(self.clicks, lead.click_id, self._click),
            "link": lambda _info: self._found(self.links, lead.link_id, self._link),
        }

    def _event(self, event: Any) -> Row:
        took = None if event.settled_at is None else (event.settled_at - event.received_at).total_seconds()
        return {
            "__typename": "StripeEvent",
            "id": f"inbox_{event.id}",
            "livemode": event.livemode,
            "eventId": event.event_id,
            "type": event.type,
            "apiVersion": event.api_version,
            "source": event.source,
            "state": event.state.name,
            "reason": event.reason,
            "error": said(event.error),
            "attempts": event.attempts,
            "createdAt": moment(event.created_at),
            "receivedAt": moment(event.received_at),
            "settledAt": moment(event.settled_at),
            "nextTryAt": moment(event.next_try_at),
            "lagSeconds": took,
        }


def _only(given: Row, *names: str) -> tuple[str, Any]:
    said_so = [(name, given[name]) for name in names if given.get(name) is not None]
    if len(said_so) != 1:
        raise Refused(f"{', '.join(names)}: give exactly one of them")
    return said_so[0]


def _ranked(rows: Iterable[Any], sale: Any) -> list[Any]:
    return sorted((row for row in rows if row.sale_id == sale.id), key=lambda row: (row.position, row.id))
