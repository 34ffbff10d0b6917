"""The sentences that answers hold, written out once more by their codes: a word that changes in the product is changed here on purpose."""

CARRIERS = (
    "The click id (the cookie pimms_id) in metadata.pimmsClickId of the Checkout Session, PaymentIntent, subscription or Stripe customer, "
    "or in client_reference_id as pimms_id_<click id>; or a lead that names it: POST /track/lead with clickId and externalId, and the same "
    "externalId in metadata.pimmsCustomerId."
)
PLACES = {
    "NOTHING_HEARD": "In Stripe: an endpoint at /webhooks/stripe with the events that `clickledger stripe install` sets; what was missed: "
    "`clickledger backfill`. For the other mode, ask with a key of it.",
    "NOT_RECOGNISED": "POST /track/lead with it as externalId or customerEmail, or metadata.pimmsCustomerId in Stripe.",
    "EVENT_WAITING": "A running server settles it: see /readyz.",
    "EVENT_FAILED": "`stripeEvents` has its error; the mutation stripeEventReplay tries it again.",
    "EVENT_IGNORED": None,
    "PAYMENT_FAILED": "The server's log has the error.",
    "NOT_PAID": None,
    "RATE_UNKNOWN": "`clickledger rates update`, or a source that has the currency: `clickledger rates show` lists what waits.",
    "CLICK_ID_NOWHERE": CARRIERS,
    "CLICK_ID_MALFORMED": CARRIERS,
    "CLICK_UNKNOWN": "The click must be recorded here: by this server's short links, or by POST /track/click.",
    "CLICK_ELSEWHERE": "A click id of this workspace's own links.",
    "CLICK_TOO_LATE": "The click id that the visitor brought before paying.",
    "CLICK_TOO_OLD": None,
    "CLICK_TAKEN_OFF": "The mutation clickAttach puts one on.",
    "CLICK_OF_A_BOT": None,
    "CLICK_ID_NOT_SENT": "The mutation linkUpdate with trackConversion: true, or the workspace's trackConversion.",
    "CLICK_NAMED_BY_NOBODY": CARRIERS,
    "CUSTOMER_WITHOUT_ID": "Your customer's id in metadata.pimmsCustomerId of the Checkout Session or Stripe customer.",
    "CUSTOMER_WITHOUT_CLICK": "POST /track/lead with the clickId that the visitor brought and your externalId, before the payment.",
    "CUSTOMER_WITHOUT_SALE": "The customer's id in metadata.pimmsCustomerId of the Checkout Session or Stripe customer, "
    "or POST /track/sale with externalId.",
}
"""Where to put what is missing."""
RULES = {
    "attached": "a person attached it",
    "payment": "the payment itself carried it",
    "subscription": "the payment's subscription carried it",
    "stripe_customer": "the Stripe customer carried it",
    "lead": "a lead with the buyer's customer id came from it",
    "email": "a customer with the same e-mail address came from it",
    "none": "nothing carried it",
}
REASONS = {
    "credited": "It got the credit: the last touch under the strongest rule that has one.",
    "earlier_touch": "It was passed over: a later touch under the same rule decided.",
    "weaker_evidence": "It was passed over: stronger evidence decided.",
    "click_malformed": "It does not count: a click id has 16 letters and digits.",
    "click_unknown": "It does not count yet: no such click is known. If the click turns up, the sale is weighed again.",
    "other_workspace": "It does not count: it is a click on somebody else's link.",
    "click_after_payment": "It does not count: the click is later than the payment, by more than clocks differ.",
    "outside_window": "It does not count: the click is older than the attribution window.",
    "detached": "It does not count: a person took it off this sale.",
    "identity_conflict": "It does not count: the payment names one customer and its Stripe customer another.",
}
NOWHERE = "Nothing that bears on this payment carries a click id: not the payment, its subscription, its Stripe customer, nor a lead."


def considered(rule: str, reason: str, stated: str | None, field: str) -> str:
    """What became of a candidate: `Click abc: the payment itself carried it in data.object.metadata. It got the credit.`"""
    if stated is None:
        return NOWHERE
    return f"Click {stated}: {' in '.join(filter(None, [RULES[rule], field]))}. {REASONS[reason]}"
