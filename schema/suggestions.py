"""Suggestions: clicks that may have led to a sale which none is credited with. For a person to judge; they credit nobody."""

import strawberry

from ingest.credit.suggest import Why
from resolvers.entities import CLICK
from resolvers.reads import Keyed
from schema.clicks import Click
from schema.enums import described
from schema.reading import attribute, field

described(
    Why,
    "SuggestionReason",
    "What speaks for a click, strongest first.",
    {
        Why.SAME_BROWSER: "It came from the browser of a click that this customer is known by.",
        Why.SAME_CUSTOMER: "It led to another sale or a lead of this customer.",
        Why.SAME_EMAIL: "It led to a sale or a lead of a customer with the same e-mail address.",
        Why.SHORTLY_BEFORE: "It came from the customer's country within the hour before the payment.",
    },
)


@strawberry.type(description="One thing that speaks for a click.")
class Hint:
    why: Why = attribute("why", "What it is.")
    source: strawberry.ID = attribute("source", "The row that says so: a lead, a sale or a click.")


@strawberry.type(description="A click that may have led to the sale.")
class Suggestion:
    click: Click | None = field(Keyed(CLICK, "click_id"), "The click.")
    score: float = attribute("score", "How likely it seems: above 0, below 1.")
    hints: list[Hint] = attribute("hints", "What speaks for it, strongest first.")
