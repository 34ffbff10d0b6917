"""The suppression list: who was erased, as keyed hashes, so that what comes in about them later is redacted before it is kept.

A workspace where nobody was ever erased has no key, and pays one look at a tiny table for each piece of evidence.
"""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from ingest import bodies, ids, sql
from ingest.models.evidence import Statement, StripeEvent
from ingest.models.privacy import Erasure, ErasureKey, Suppressed
from ingest.models.workspace import Account
from ingest.redact import marks, words
from ingest.redact.marks import Mark

AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """The list of one workspace and mode, with the key that its hashes are made by."""

    workspace_id: int
    livemode: bool
    secret: str

    def digest(self, mark: Mark) -> str:
        kind, value = mark
        text = f"{int(self.livemode)}\x1f{kind}\x1f{value}".encode("utf-8", "surrogatepass")
        return blake2b(text, key=bytes.fromhex(self.secret), digest_size=16).hexdigest()

    def pseudonym(self, external_id: str) -> str:
        """What stands for an external id: the same for each time it comes, so that the person's money stays together."""
        return ids.derived("erased", self.digest(marks.external(external_id)), "pseudonym")

    @property
    def _scope(self) -> dict[str, Any]:
        return {"workspace_id": self.workspace_id, "livemode": self.livemode}

    async def listed(self, found: Collection[Mark]) -> dict[Mark, str]:
        """Those of the marks that are on the list, each with its erasure."""
        by_digest = {self.digest(mark): mark for mark in found}
        wanted = list(by_digest)
        held: dict[Mark, str] = {}
        for start in range(0, len(wanted), AT_ONCE):
            rows = await Suppressed.filter(digest__in=wanted[start : start + AT_ONCE], **self._scope)
            held |= {by_digest[row.digest]: row.erasure_id for row in rows}
        return held

    async def add(self, found: Collection[Mark], erasure: Erasure) -> None:
        """Put marks on the list; those that are there stay as they are."""
        rows = [Suppressed(digest=digest, erasure_id=erasure.id, **self._scope) for digest in sorted(map(self.digest, found))]
        await Suppressed.bulk_create(rows, batch_size=AT_ONCE, ignore_conflicts=True)


async def guard(workspace_id: int, *, livemode: bool) -> Guard | None:
    """The list of a workspace; None where nobody was ever erased."""
    (key, *_) = await sql.read(ErasureKey, workspace_id=workspace_id) or (None,)
    return None if key is None else Guard(workspace_id=workspace_id, livemode=livemode, secret=key.secret)


async def opened(workspace_id: int, *, livemode: bool) -> Guard:
    """The list of a workspace, begun if there is none."""
    key, _ = await ErasureKey.get_or_create({"secret": secrets.token_hex(32)}, workspace_id=workspace_id)
    return Guard(workspace_id=workspace_id, livemode=livemode, secret=key.secret)


async def of_event(guarding: Guard | None, body: bytes, account_id: int) -> tuple[bytes, str | None]:
    """The body to keep, and the erasure that redacted it: None for one that names nobody on the list."""
    if guarding is None:
        return body, None
    event: Mapping[str, Any] = bodies.parse(body)
    listed = await guarding.listed(marks.of_event(event, account_id))
    if not listed:
        return body, None
    return words.raw(words.event(event, pseudonyms(guarding, listed))), min(listed.values())


def pseudonyms(guarding: Guard, listed: Iterable[Mark]) -> dict[str, str]:
    """What stands for each external id among the marks."""
    return {value: guarding.pseudonym(value) for kind, value in listed if kind == "ext"}


async def of_statement(guarding: Guard | None, row: Statement) -> bool:
    """Take who is on the list out of a statement that is about to be kept; whether it named anybody."""
    if guarding is None:
        return False
    account = await Account.get(workspace_id=row.workspace_id, is_primary=True)
    listed = await guarding.listed(marks.of_statement(row, account.id))
    if not listed:
        return False
    row.external_id = pseudonyms(guarding, listed).get(row.external_id or "", row.external_id)
    row.body, row.tombstone = words.statement(row.body), min(listed.values())
    return True


async def watch(guarding: Guard | None, events: Sequence[StripeEvent], said: Sequence[Statement]) -> None:
    """The same once more, before evidence is read: for what was being stored while a person was being erased, or came out of quarantine."""
    for row in events if guarding else ():
        if row.tombstone is None:
            row.body, row.tombstone = await of_event(guarding, row.body, row.account_id)
            if row.tombstone:
                await row.save(update_fields=["body", "tombstone"])
    for told in said if guarding else ():
        if told.tombstone is None and await of_statement(guarding, told):
            await told.save(update_fields=["external_id", "body", "tombstone"])


async def of_late_clicks(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Clicks that come out of a spool: those of a browser that was since erased lose what ties them to it."""
    browsers = {(row["workspace_id"], name) for row in rows if (name := row.get("anonymous_id"))}
    erased: set[tuple[int, str]] = set()
    for workspace_id in {workspace_id for workspace_id, _ in browsers}:
        found = [marks.browser(name) for each, name in browsers if each == workspace_id]
        for mode in (True, False):
            guarding = await guard(workspace_id, livemode=mode)
            erased |= {(workspace_id, name) for _, name in (await guarding.listed(found) if guarding else ())}
    return [{**row, **words.click(row["url"])} if (row["workspace_id"], row.get("anonymous_id")) in erased else row for row in rows]
