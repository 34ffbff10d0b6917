"""Which payment each fact belongs to: typed edges joined by union-find, in the database's own keys.

Two facts that share a key are of one payment. A fact whose keys are of several payments makes them one: the oldest survives, the others'
facts and keys move to it.
"""

from collections.abc import Iterable, Sequence

from tortoise.expressions import Q

from ingest import facts, ids, sql, stored_facts
from ingest.models.evidence import Statement, StripeEvent
from ingest.models.facts import Fact, Lookup, PaymentKey, Subject, SubjectKind
from ingest.models.ledger import Dispute, Refund, Sale
from ingest.models.people import Customer
from ingest.settle.evidence import Piece
from ingest.settle.scope import Scope, bounded

Edge = tuple[int, str]
"""(account, `<field>:<id>`)"""


class Forest:
    """Union-find over keys: each tree is one payment."""

    def __init__(self) -> None:
        self._parent: dict[Edge, Edge] = {}

    def find(self, key: Edge) -> Edge:
        root = key
        while self._parent.setdefault(root, root) != root:
            root = self._parent[root]
        while self._parent[key] != root:
            self._parent[key], key = root, self._parent[key]
        return root

    def join(self, keys: Sequence[Edge]) -> None:
        for key in keys:  # a key that stands alone is a tree too
            self._parent[self.find(key)] = self.find(keys[0])

    def keys(self) -> list[Edge]:
        return list(self._parent)

    def trees(self) -> list[list[Edge]]:
        grouped: dict[Edge, list[Edge]] = {}
        for key in self.keys():
            grouped.setdefault(self.find(key), []).append(key)
        return list(grouped.values())


async def place(scope: Scope, pieces: Iterable[Piece]) -> set[str]:
    """Store the facts of these pieces under their payments and return the payments touched."""
    pieces = list(pieces)
    await _forget(pieces)
    told = [(piece, joined) for piece in pieces if piece.parsed for joined in piece.parsed.facts]
    if not told:
        return set()
    forest = Forest()
    for piece, joined in told:
        forest.join([_edge(piece, key) for key in joined.keys])
    payments = await _payments(scope, forest)
    rows = [_row(scope, piece, joined, position, payments[_edge(piece, joined.keys[0])]) for position, (piece, joined) in enumerate(told)]
    await sql.insert(rows)
    return {row.payment_id for row in rows}


async def _forget(pieces: Iterable[Piece]) -> None:
    """Take away what evidence said when it was read before, since it is read again; its payments are folded without it."""
    events = [piece.row.id for piece in pieces if isinstance(piece.row, StripeEvent) and piece.row.parser_version]
    said = [piece.row.id for piece in pieces if isinstance(piece.row, Statement) and piece.row.settled]
    if events or said:
        former = Fact.filter(Q(event_id__in=events) | Q(statement_id__in=said))
        await Subject.filter(id__in=list({fact.payment_id for fact in await former.only("id", "payment_id")})).update(dirty=True)
        await former.delete()


def _edge(piece: Piece, key: str) -> Edge:
    return piece.account_id, bounded(key, 300)


async def _payments(scope: Scope, forest: Forest) -> dict[Edge, str]:
    """The payment of every key, made or merged where need be."""
    known = await _known(scope, forest.keys())
    for payment in set(known.values()):
        forest.join([key for key, owner in known.items() if owner == payment])
    placed: dict[Edge, str] = {}
    made: list[Subject] = []
    for tree in forest.trees():
        owners = sorted({known[key] for key in tree if key in known})
        owner = owners[0] if owners else f"pay_{ids.click_id()}"
        if not owners:
            made.append(Subject(id=owner, kind=SubjectKind.PAYMENT, key=None, dirty=True, **scope.filter))
        for swallowed in owners[1:]:
            await _merge(swallowed, owner)
        placed |= dict.fromkeys(tree, owner)
    await sql.insert(made)
    await sql.insert(
        [PaymentKey(account_id=key[0], key=key[1], payment_id=owner, **scope.filter) for key, owner in placed.items() if key not in known]
    )
    return placed


async def _known(scope: Scope, keys: Sequence[Edge]) -> dict[Edge, str]:
    by_account: dict[int, list[str]] = {}
    for account, key in keys:
        by_account.setdefault(account, []).append(key)
    found = [await sql.read(PaymentKey, account_id=account, livemode=scope.livemode, key=names) for account, names in by_account.items()]
    return {(row.account_id, row.key): row.payment_id for rows in found for row in rows}


async def _merge(swallowed: str, survivor: str) -> None:
    """One payment was two: whatever stood under the younger now stands under the older. Their sales are settled again by the caller."""
    for model in (Fact, PaymentKey, Sale, Refund, Dispute, Customer):
        await sql.update(model, {"payment_id": survivor}, payment_id=swallowed)
    await sql.delete(Lookup, subject_id=swallowed)
    await sql.delete(Subject, id=swallowed)


def _row(scope: Scope, piece: Piece, joined: facts.Joined, position: int, payment_id: str) -> Fact:
    from_event = isinstance(piece.row, StripeEvent)
    return Fact(
        account_id=piece.account_id,
        payment_id=payment_id,
        event_id=piece.row.id if from_event else None,
        statement_id=None if from_event else piece.row.id,
        kind=joined.fact.kind,
        object_id=joined.fact.id,
        position=position,
        source=piece.source,
        at=piece.at,
        data=stored_facts.dump(joined.fact),
        parser_version=facts.PARSER_VERSION,
        **scope.filter,
    )
