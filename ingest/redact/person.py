"""Who a customer is, in all that we hold: the marks by which evidence names them, their payments, their clicks. Reads alone."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from ingest.credit.decide import CLICK_ID
from ingest.errors import NotFound
from ingest.models.evidence import Click
from ingest.models.facts import Claim, Fact, PaymentKey
from ingest.models.ledger import Consideration, Sale
from ingest.models.people import Customer, Lead, StripeCustomer
from ingest.redact import marks
from ingest.redact.marks import Mark
from ingest.settle.scope import Scope

AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Everything that leads to one customer."""

    customer_id: str
    external_id: str | None
    subjects: frozenset[str]
    """The keys under which claims speak of them or may name them: `ext:…`, `cus:<account>:…`."""
    marks: frozenset[Mark]
    statements: frozenset[int]
    """Statements about their payments, such as acts, which name nobody."""
    clicks: tuple[Click, ...]
    """Those that led to their leads and sales, and all others of the same browsers."""


async def find(scope: Scope, customer_id: str) -> Person:
    """The person that a customer's row stands for.

    Raises:
        NotFound: no such customer in this workspace and mode.
    """
    row = await Customer.filter(id=customer_id, **scope.filter).first()
    if row is None:
        raise NotFound("customer", customer_id)
    claims = await _claims(scope, row)
    payments = await _payments(scope, row)
    clicks = await _clicks(scope, row, {claim.click_id for claim in claims if claim.click_id})
    found = await payment_marks(payments)
    found |= {marks.external(row.external_id)} if row.external_id else set()
    found |= {marks.email(str(address)) for address in (row.email, *(claim.data.get("email") for claim in claims)) if address}
    found |= {_stripe_customer(claim.subject) for claim in claims if claim.subject.startswith("cus:")}
    found |= {marks.browser(click.anonymous_id) for click in clicks if click.anonymous_id}
    subjects = {claim.subject for claim in claims} | ({f"ext:{row.external_id}"} if row.external_id else set())
    return Person(
        customer_id=row.id,
        external_id=row.external_id,
        subjects=frozenset(subjects),
        marks=frozenset(found),
        statements=frozenset(await _statements(payments)),
        clicks=clicks,
    )


def _stripe_customer(subject: str) -> Mark:
    _, account, name = subject.split(":", 2)
    return marks.stripe_customer(int(account), name)


async def _claims(scope: Scope, row: Customer) -> list[Claim]:
    """What was said of them: under their own id, and of the Stripe customers that pointed there or still do."""
    pointing = {f"cus:{each.account_id}:{each.stripe_id}" for each in await StripeCustomer.filter(customer_id=row.id, **scope.filter)}
    if row.external_id:
        named = await Claim.filter(external_id=row.external_id, **scope.filter).values_list("subject", flat=True)
        pointing |= {str(subject) for subject in named if str(subject).startswith("cus:")} | {f"ext:{row.external_id}"}
    return await Claim.filter(subject__in=list(pointing), **scope.filter) if pointing else []


async def _payments(scope: Scope, row: Customer) -> list[str]:
    paid = await Sale.filter(customer_id=row.id, **scope.filter).values_list("payment_id", flat=True)
    return [str(payment) for payment in {*paid, *([row.payment_id] if row.payment_id else [])}]


async def payment_marks(payments: list[str]) -> set[Mark]:
    """Stripe's own ids of these payments."""
    found: set[Mark] = set()
    for some in _portions(payments):
        for key in await PaymentKey.filter(payment_id__in=some):
            kind, _, name = key.key.partition(":")
            found |= {marks.payment(key.account_id, name)} if kind in marks.KEYS else set()
    return found


async def _statements(payments: list[str]) -> set[int]:
    found: set[int] = set()
    for some in _portions(payments):
        said = await Fact.filter(payment_id__in=some, statement_id__isnull=False).values_list("statement_id", flat=True)
        found |= {int(str(each)) for each in said}
    return found


async def _clicks(scope: Scope, row: Customer, stated: Collection[str]) -> tuple[Click, ...]:
    sales = await Sale.filter(customer_id=row.id, **scope.filter).values_list("id", flat=True)
    names: set[Any] = {*stated, *await Lead.filter(customer_id=row.id, **scope.filter).values_list("click_id", flat=True)}
    for some in _portions([str(sale) for sale in sales]):
        names |= {*await Consideration.filter(sale_id__in=some).values_list("click_id", flat=True)}
    formed = [name for name in names if name and CLICK_ID.fullmatch(name)]
    theirs = await Click.filter(id__in=formed, workspace_id=scope.workspace_id)
    browsers = list({click.anonymous_id for click in theirs if click.anonymous_id})
    others = await Click.filter(anonymous_id__in=browsers, workspace_id=scope.workspace_id) if browsers else []
    return tuple({click.id: click for click in [*theirs, *others]}.values())


def _portions(names: list[str]) -> list[list[str]]:
    return [names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE)]
