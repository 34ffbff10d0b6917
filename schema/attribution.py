"""Attribution: who got the credit for a sale, and why, candidate by candidate."""

from datetime import datetime
from decimal import Decimal

import strawberry

from ingest.credit.reasons import Reason, Rule, Verdict
from resolvers.amounts import Amount, Pair
from resolvers.entities import CLICK, CONSIDERATION, CREDIT, LINK
from schema.clicks import Click
from schema.enums import AttributionModel
from schema.explanations import sentence
from schema.links import Link
from schema.money import Money, MoneyPair
from schema.reading import column, computed, one, same, several


@strawberry.type(description="A share of a sale's net that a click earned. A sale's credits sum to its net exactly.")
class Credit:
    click: Click = one(CLICK, "click_id", "The click that earned it.")
    link: Link = one(LINK, "link_id", "The link that was clicked.")
    weight: Decimal = computed(Decimal, "weight", description="Its share of the whole: 0 to 1.")
    amount: Money = computed(Amount, "amount_minor", "currency", description="How much, in the sale's currency.")
    pair: MoneyPair = computed(
        Pair.of,
        "amount_minor",
        "currency",
        "converted_minor",
        "converted_currency",
        description="How much, in the sale's currency and at the sale's rate in the workspace's.",
    )


@strawberry.type(description="The place where a click id was said.")
class EvidenceSource:
    event_id: str | None = computed(
        lambda source: None if not source or source.startswith("stm_") else source,
        "source",
        description="Stripe's event: `evt_…`. Null where the site or a person said it.",
    )
    statement: str | None = computed(
        lambda source: source if source.startswith("stm_") else None,
        "source",
        description="What the site or a person said: `stm_…`. Null where a Stripe event said it.",
    )
    field: str = column("field", "The field that it stood in, such as data.object.metadata.pimmsClickId.")
    at: datetime = column("stated_at", "When it was said.")


@strawberry.type(description="A candidate for a sale's credit, and what became of it.")
class Consideration:
    rule: Rule = computed(Rule, "rule", description="Whose evidence it is.")
    verdict: Verdict = computed(Verdict, "verdict", description="What became of it.")
    reason: Reason = computed(Reason, "reason", description="Why.")
    text: str = computed(sentence, "rule", "reason", "stated", "field", description="The same as a sentence.")
    stated: str | None = column("stated", "The click id as it was said.")
    click: Click | None = one(CLICK, "click_id", "The click. Null when none of this workspace has that id.")
    source: EvidenceSource = same("Where it was said.")


@strawberry.type(description="Who got the credit for a sale, and why.")
class Attribution:
    model: AttributionModel = computed(lambda: AttributionModel.LAST_TOUCH, description="How credit is shared among touches.")
    ready: bool = computed(lambda: True, description="Whether all that is known now has been weighed.")
    reason: Reason = computed(Reason, "reason", description="Why the sale is credited, or why not.")
    credits: list[Credit] = several(CREDIT, "sale_id", "The shares. None where the sale has no click.")
    explanation: list[Consideration] = several(CONSIDERATION, "sale_id", "Every candidate that was weighed, strongest first.")
