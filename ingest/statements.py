"""Statements: what a site or a person says through our own API, checked, kept as evidence, and read back as facts.

The body of each kind, by the names of the wire; what was not said is not in it, and every string in it is derived text:

- lead: clickId, eventName, eventQuantity, customerName, customerEmail, customerAvatar, metadata, mode (async, wait or deferred).
- sale: clickId, amount (minor units), currency (upper case), paymentProcessor, eventName, invoiceId, metadata, leadEventName.
- profile: clickId, name, email, avatar, country.
- attach, detach: payment (its key, such as `invoice:in_1`), clickId, note.

The external id stands in its own column.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ingest import facts, ids
from ingest.facts import ActFact, Carrier, Claim, Joined, Parsed, TrackedSaleFact
from ingest.models.evidence import Statement, StatementKind
from ingest.redact import suppression
from ingest.said import Reading

Said = Mapping[str, Any]
"""What was said, by the names of the wire, old and new, as JSON values."""


async def record_lead(workspace_id: int, livemode: bool, said: Said, *, at: datetime | None = None) -> Statement:
    """A lead, from `clickId`, `eventName`, `externalId` and the optional names above.

    Raises:
        Invalid: of the name that was said.
    """
    reading = Reading(said)
    external_id = reading.external_id()
    body = {
        "clickId": reading.click_id(),
        "eventName": reading.text("eventName", required=True),
        "eventQuantity": reading.whole("eventQuantity", low=1, high=2**31 - 1),
        "customerName": reading.text("customerName"),
        "customerEmail": reading.text("customerEmail"),
        "customerAvatar": reading.text("customerAvatar", length=2_000),
        "metadata": reading.metadata(),
        "mode": reading.choice("mode", ("async", "wait", "deferred")),
    }
    return await _kept(workspace_id, livemode, StatementKind.LEAD, body, external_id=external_id, at=at)


async def record_sale(workspace_id: int, livemode: bool, said: Said, *, at: datetime | None = None) -> Statement:
    """A sale, from `externalId`, `amount` and the optional names above. The same `invoiceId` again is the first sale, as it was said then.

    Raises:
        Invalid: of the name that was said.
    """
    reading = Reading(said)
    external_id, invoice_id = reading.external_id(), reading.text("invoiceId")
    body = {
        "clickId": reading.click_id(),
        "amount": reading.whole("amount", low=0, high=2**53 - 1, required=True),
        "currency": reading.currency("currency") or "USD",
        "paymentProcessor": reading.text("paymentProcessor", length=32) or "custom",
        "eventName": reading.text("eventName") or "Purchase",
        "invoiceId": invoice_id,
        "metadata": reading.metadata(),
        "leadEventName": reading.text("leadEventName"),
    }
    uid = None if invoice_id is None else ids.derived("stm", workspace_id, livemode, "sale", invoice_id)
    return await _kept(workspace_id, livemode, StatementKind.SALE, body, external_id=external_id, at=at, uid=uid)


async def record_profile(workspace_id: int, livemode: bool, said: Said, *, at: datetime | None = None) -> Statement:
    """A customer's details, from `externalId` and the optional names above.

    Raises:
        Invalid: of the name that was said.
    """
    reading = Reading(said)
    external_id = reading.external_id()
    body = {
        "clickId": reading.click_id(),
        "name": reading.text("name"),
        "email": reading.text("email"),
        "avatar": reading.text("avatar", length=2_000),
        "country": reading.country("country"),
    }
    return await _kept(workspace_id, livemode, StatementKind.PROFILE, body, external_id=external_id, at=at)


async def record_attach(workspace_id: int, livemode: bool, said: Said, *, at: datetime | None = None) -> Statement:
    """A person says that `clickId` led to `payment`, a key such as `invoice:in_1`; `note` says why.

    Raises:
        Invalid: of the name that was said.
    """
    return await _act(workspace_id, livemode, StatementKind.ATTACH, said, at=at)


async def record_detach(workspace_id: int, livemode: bool, said: Said, *, at: datetime | None = None) -> Statement:
    """A person says that `clickId` did not lead to `payment`; `note` says why.

    Raises:
        Invalid: of the name that was said.
    """
    return await _act(workspace_id, livemode, StatementKind.DETACH, said, at=at)


async def _act(workspace_id: int, livemode: bool, kind: StatementKind, said: Said, *, at: datetime | None) -> Statement:
    reading = Reading(said)
    body = {
        "payment": reading.payment_key("payment"),
        "clickId": reading.click_id(required=True),
        "note": reading.text("note", length=2_000),
    }
    return await _kept(workspace_id, livemode, kind, body, external_id=None, at=at)


async def _kept(
    workspace_id: int,
    livemode: bool,
    kind: StatementKind,
    body: Mapping[str, Any],
    *,
    external_id: str | None,
    at: datetime | None,
    uid: str | None = None,
) -> Statement:
    row = Statement(
        uid=uid or ids.made("stm"),
        workspace_id=workspace_id,
        livemode=livemode,
        kind=kind,
        external_id=external_id,
        body={name: value for name, value in body.items() if value is not None},
        said_at=at or datetime.now(UTC),
    )
    await suppression.of_statement(await suppression.guard(workspace_id, livemode=livemode), row)
    if uid is None:
        await row.save()
        return row
    await Statement.bulk_create([row], ignore_conflicts=True)
    return await Statement.get(workspace_id=workspace_id, uid=uid)


def parse(row: Statement) -> Parsed:
    """What a statement says, as facts and claims. Pure: the row is read and nothing else."""
    return _PARSERS[row.kind](row, row.body)


def _lead(row: Statement, body: Said) -> Parsed:
    """A lead speaks of a person; the settler makes the lead's own row of the statement."""
    return Parsed(
        claims=(
            Claim(
                subject=f"ext:{row.external_id}",
                carrier=Carrier.LEAD,
                at=row.said_at,
                field="clickId" if "clickId" in body else "externalId",
                external_id=row.external_id,
                click_id=body.get("clickId"),
                email=body.get("customerEmail"),
                name=body.get("customerName"),
                avatar=body.get("customerAvatar"),
            ),
        )
    )


def _sale(row: Statement, body: Said) -> Parsed:
    """A payment, and that its customer exists; the click id it names is evidence of this payment alone."""
    fact = TrackedSaleFact(
        id=row.uid,
        currency=body["currency"],
        amount_minor=body["amount"],
        said_at=row.said_at,
        event_name=body["eventName"],
        processor=body["paymentProcessor"],
        invoice_id=body.get("invoiceId"),
        metadata=body.get("metadata", {}),
        said=tuple(_said(row, body)),
    )
    keys = [f"statement:{row.uid}"]
    if fact.invoice_id is not None:
        keys.append(f"invoice:{fact.invoice_id}")
    claim = Claim(subject=f"ext:{row.external_id}", carrier=Carrier.SALE, at=row.said_at, field="externalId", external_id=row.external_id)
    return Parsed(facts=(Joined(fact=fact, keys=tuple(keys)),), claims=(claim,))


def _said(row: Statement, body: Said) -> Iterator[facts.Said]:
    if "clickId" in body:
        yield facts.Said(field="clickId", click_id=body["clickId"])
    yield facts.Said(field="externalId", external_id=row.external_id)


def _profile(row: Statement, body: Said) -> Parsed:
    claim = Claim(
        subject=f"ext:{row.external_id}",
        carrier=Carrier.PROFILE,
        at=row.said_at,
        field="clickId" if "clickId" in body else "externalId",
        external_id=row.external_id,
        click_id=body.get("clickId"),
        email=body.get("email"),
        name=body.get("name"),
        avatar=body.get("avatar"),
        country=body.get("country"),
    )
    return Parsed(claims=(claim,))


def _act_fact(row: Statement, body: Said) -> Parsed:
    fact = ActFact(
        id=row.uid, attach=row.kind is StatementKind.ATTACH, click_id=body["clickId"], note=body.get("note"), said_at=row.said_at
    )
    return Parsed(facts=(Joined(fact=fact, keys=(body["payment"],)),))


_PARSERS: Mapping[StatementKind, Callable[[Statement, Mapping[str, Any]], Parsed]] = {
    StatementKind.LEAD: _lead,
    StatementKind.SALE: _sale,
    StatementKind.PROFILE: _profile,
    StatementKind.ATTACH: _act_fact,
    StatementKind.DETACH: _act_fact,
}
