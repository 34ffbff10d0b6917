"""From a folded payment to its buyer, its touches and the decision: reads what the pure rooms need, a few statements for a whole batch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingest import sql
from ingest.credit import decide, rules
from ingest.credit.decide import CLICK_ID, Candidate, Conversion, Decision, Touch
from ingest.credit.reasons import Reason, Rule, Verdict
from ingest.credit.rules import Rules
from ingest.facts import Carrier
from ingest.fold import person
from ingest.fold.payment import Payment
from ingest.fold.person import Told
from ingest.models.workspace import Ruleset
from ingest.settle import claims, customers, lookups
from ingest.settle.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributed:
    """A payment with its buyer's key, the decision, and every key that was looked up (true: not found, awaited)."""

    customer: str
    conflict: bool
    decision: Decision
    ruleset: str
    looked_up: dict[str, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Who paid, and the two claims that disagree where they do."""

    key: str
    conflict: Told | None


async def attribute(scope: Scope, payments: Mapping[str, tuple[int, Payment]]) -> dict[str, Attributed]:
    """Buyer and credit of each payment (id -> account and fold)."""
    about = await _claims(scope, {key for account, payment in payments.values() for key in _subjects(account, payment)})
    buyers = {name: buyer(account, payment, about) for name, (account, payment) in payments.items()}
    known = {each.key for each in buyers.values() if each.key.startswith("ext:")}
    about |= await _claims(scope, known - set(about))
    candidates = {name: _candidates(account, payment, buyers[name].key, about) for name, (account, payment) in payments.items()}
    touches = await _touches({each.stated for found in candidates.values() for each in found})
    books = await _rulesets(scope)
    return {
        name: _attributed(scope, account, payment, buyers[name], candidates[name], about, touches, books)
        for name, (account, payment) in payments.items()
    }


def _subjects(account: int, payment: Payment) -> list[str]:
    """The keys of claims that this payment reads, but for its buyer's external id when another claim says it."""
    keys = []
    if payment.stripe_customer:
        keys.append(f"cus:{account}:{payment.stripe_customer}")
    if payment.subscription:
        keys.append(f"sub:{account}:{payment.subscription}")
    if payment.external:
        keys.append(f"ext:{payment.external.said.external_id}")
    return keys


def _looked_at(account: int, payment: Payment) -> list[str]:
    """The same as they are looked up: what is said of a subscription apart from when it was first heard of."""
    return [lookups.heard(key) if key.startswith("sub:") else key for key in _subjects(account, payment)]


async def _claims(scope: Scope, keys: Iterable[str]) -> dict[str, list[Told]]:
    wanted = sorted(keys)
    found: dict[str, list[Told]] = {key: [] for key in wanted}
    for claim in await claims.matching(scope, subject=wanted):
        found[claim.subject].append(claim)
    return found


def buyer(account: int, payment: Payment, about: Mapping[str, Sequence[Told]]) -> Buyer:
    """The payment's own customer id, else its subscription's, else its Stripe customer's of that moment, else that customer itself."""
    cus = f"cus:{account}:{payment.stripe_customer}" if payment.stripe_customer else None
    moment = _moment(payment)
    pointed = person.external_at(person.pointing(about.get(cus, ())), moment) if cus and moment else None
    subscribed = person.external_at(about.get(f"sub:{account}:{payment.subscription}", ()), moment) if moment else None
    own = payment.external.said.external_id if payment.external else None
    external = own or (subscribed.external_id if subscribed else None) or (pointed.external_id if pointed else None)
    if external:
        disagrees = pointed is not None and pointed.carrier is Carrier.CUSTOMER and pointed.external_id != external
        return Buyer(key=f"ext:{external}", conflict=pointed if disagrees else None)
    kind, name = payment.name or ("nothing", "")
    return Buyer(key=cus or f"guest:{account}:{kind}:{name}", conflict=None)


def _moment(payment: Payment) -> datetime | None:
    return payment.paid.paid_at if payment.paid else payment.completed_at


def _candidates(account: int, payment: Payment, customer: str, about: Mapping[str, Sequence[Told]]) -> list[Candidate]:
    own = [
        Candidate(rule=Rule.PAYMENT, stated=each.said.click_id or "", stated_at=each.at, source=each.source, field=each.said.field)
        for each in payment.clicks
    ]
    attached = [
        Candidate(rule=Rule.ATTACHED, stated=act.click_id, stated_at=act.said_at, source=act.id, field="clickId")
        for act in payment.acts
        if act.attach and act.click_id not in detached(payment)
    ]
    spoken = {(each.stated, each.source) for each in own}
    weaker = [
        Candidate(rule=rule, stated=claim.click_id, stated_at=claim.first_at, source=claim.first_source, field=claim.first_field)
        for rule, claim in _weaker(account, payment, customer, about)
        if claim.click_id and (claim.click_id, claim.first_source) not in spoken
    ]
    return attached + own + weaker


def _weaker(account: int, payment: Payment, customer: str, about: Mapping[str, Sequence[Told]]) -> list[tuple[Rule, Told]]:
    subscription = about.get(f"sub:{account}:{payment.subscription}", ()) if payment.subscription else ()
    stripe_customer = about.get(f"cus:{account}:{payment.stripe_customer}", ()) if payment.stripe_customer else ()
    external = about.get(customer, ()) if customer.startswith("ext:") else ()
    told = [(Rule.SUBSCRIPTION, claim) for claim in subscription] + [(Rule.STRIPE_CUSTOMER, claim) for claim in stripe_customer]
    return told + [(Rule.LEAD if claim.carrier in (Carrier.LEAD, Carrier.PROFILE) else Rule.STRIPE_CUSTOMER, claim) for claim in external]


def detached(payment: Payment) -> frozenset[str]:
    """The click ids that a person took off; the last act on a click counts."""
    last = {act.click_id: act.attach for act in payment.acts}
    return frozenset(click_id for click_id, attach in last.items() if not attach)


async def _touches(stated: Iterable[str]) -> dict[str, Touch]:
    """The clicks with these ids, of any workspace: one of another is refused by name, not overlooked. A bot's click is none."""
    found = await customers.known_clicks(stated)
    return {
        click.id: Touch(click_id=click.id, workspace_id=click.workspace_id, link_id=click.link_id, clicked_at=click.clicked_at)
        for click in found.values()
    }


async def _rulesets(scope: Scope) -> list[tuple[datetime, Rules]]:
    rows = sorted(await sql.read(Ruleset, workspace_id=scope.workspace_id), key=lambda row: (row.effective_at, row.id))
    return [(row.effective_at, rules.from_dict(row.rules)) for row in rows]


def _in_force(books: Sequence[tuple[datetime, Rules]], moment: datetime) -> Rules:
    """The rules of that moment; the first ones also cover what came before them."""
    by_then = [each for effective_at, each in books if effective_at <= moment]
    return by_then[-1] if by_then else books[0][1] if books else Rules()


def _attributed(
    scope: Scope,
    account: int,
    payment: Payment,
    who: Buyer,
    candidates: Sequence[Candidate],
    about: Mapping[str, Sequence[Told]],
    touches: Mapping[str, Touch],
    books: Sequence[tuple[datetime, Rules]],
) -> Attributed:
    moment = _moment(payment)
    looked_up = dict.fromkeys([*_looked_at(account, payment), *([who.key] if who.key.startswith("ext:") else [])], False)
    looked_up |= {f"click:{each.stated}": True for each in candidates if CLICK_ID.fullmatch(each.stated) and each.stated not in touches}
    if moment is None:
        return Attributed(customer=who.key, conflict=False, decision=_NOTHING, ruleset="", looked_up=looked_up)
    in_force = _in_force(books, moment)
    subscription = f"sub:{account}:{payment.subscription}"
    told = about.get(subscription, ())
    conversion = Conversion(
        workspace_id=scope.workspace_id,
        paid_at=moment,
        won_at=won_at(told, moment) if payment.subscription else None,
        detached=detached(payment),
    )
    if conversion.won_at and not any(claim.started_at for claim in told):  # an earlier word would move it: down alone
        points = decide.turning_points(candidates, touches, in_force)
        looked_up |= {lookups.won(subscription, point): False for point in points if point <= conversion.won_at}
    decision = decide.decide(conversion, candidates, touches, in_force)
    return Attributed(
        customer=who.key,
        conflict=who.conflict is not None,
        decision=decision if who.conflict is None else _with_conflict(decision, who.conflict),
        ruleset=in_force.digest(),
        looked_up=looked_up,
    )


def won_at(told: Iterable[Told], paid_at: datetime) -> datetime:
    """When a subscription began: what it says itself, else the first that was heard of it; never after this payment."""
    claims_of_it = list(told)
    started = [claim.started_at for claim in claims_of_it if claim.started_at]
    return min([paid_at, *(started or [claim.first_at for claim in claims_of_it])])


def _with_conflict(decision: Decision, other: Told) -> Decision:
    """The decision with the disagreement shown: the Stripe customer pointed to another customer id."""
    shown = decide.Considered(
        rule=Rule.STRIPE_CUSTOMER,
        verdict=Verdict.REFUSED,
        reason=Reason.IDENTITY_CONFLICT,
        stated=None,
        click_id=None,
        source=other.first_source,
        field=other.first_field,
        stated_at=other.first_at,
    )
    return Decision(touch=decision.touch, reason=decision.reason, considered=(*decision.considered, shown))


_NOTHING = Decision(touch=None, reason=Reason.NO_CLICK_ID, considered=())
