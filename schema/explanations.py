"""Explanations in words: a sentence made from the codes of a candidate. Pure."""

from collections.abc import Mapping

from ingest.credit.reasons import Reason, Rule

WHERE: Mapping[Rule, str] = {
    Rule.ATTACHED: "a person attached it",
    Rule.PAYMENT: "the payment itself carried it",
    Rule.SUBSCRIPTION: "the payment's subscription carried it",
    Rule.STRIPE_CUSTOMER: "the Stripe customer carried it",
    Rule.LEAD: "a lead with the buyer's customer id came from it",
    Rule.EMAIL: "a customer with the same e-mail address came from it",
    Rule.NONE: "nothing carried it",
}
WHY: Mapping[Reason, str] = {
    Reason.CREDITED: "It got the credit: the last touch under the strongest rule that has one.",
    Reason.EARLIER_TOUCH: "It was passed over: a later touch under the same rule decided.",
    Reason.WEAKER_EVIDENCE: "It was passed over: stronger evidence decided.",
    Reason.NO_CLICK_ID: "It does not count.",
    Reason.CLICK_MALFORMED: "It does not count: a click id has 16 letters and digits.",
    Reason.CLICK_UNKNOWN: "It does not count yet: no such click is known. If the click turns up, the sale is weighed again.",
    Reason.OTHER_WORKSPACE: "It does not count: it is a click on somebody else's link.",
    Reason.CLICK_AFTER_PAYMENT: "It does not count: the click is later than the payment, by more than clocks differ.",
    Reason.OUTSIDE_WINDOW: "It does not count: the click is older than the attribution window.",
    Reason.DETACHED: "It does not count: a person took it off this sale.",
    Reason.IDENTITY_CONFLICT: "It does not count: the payment names one customer and its Stripe customer another.",
}
NOTHING = "Nothing that bears on this payment carries a click id: not the payment, its subscription, its Stripe customer, nor a lead."


def sentence(rule: str, reason: str, stated: str | None, field: str) -> str:
    """What became of a candidate, for people."""
    if stated is None:
        return NOTHING
    place = f" in {field}" if field else ""
    return f"Click {stated}: {WHERE[Rule(rule)]}{place}. {WHY[Reason(reason)]}"
