"""The words of an explanation: under which rule a click was considered, what became of it, and why."""

from enum import StrEnum


class Rule(StrEnum):
    """Whose evidence tied the click to the payment, strongest first."""

    ATTACHED = "attached"  # a person said so
    PAYMENT = "payment"  # carried by the payment itself: its session, intent, invoice or charge
    SUBSCRIPTION = "subscription"  # carried by the payment's subscription, or by what began it
    STRIPE_CUSTOMER = "stripe_customer"  # carried by the Stripe customer, or by another payment of this customer
    LEAD = "lead"  # of a lead with the buyer's customer id
    EMAIL = "email"  # of a customer with the same e-mail, where the workspace turns that on
    NONE = "none"  # nothing tied any click to the payment


class Verdict(StrEnum):
    """What became of a candidate."""

    CREDITED = "credited"
    PASSED_OVER = "passed_over"  # it counts, but a stronger rule or a later touch decided
    REFUSED = "refused"


class Reason(StrEnum):
    """Why. The reason of a sale is that of its best candidate."""

    CREDITED = "credited"  # the touch that decided
    EARLIER_TOUCH = "earlier_touch"  # a later touch under the same rule decided
    WEAKER_EVIDENCE = "weaker_evidence"  # a stronger rule decided
    NO_CLICK_ID = "no_click_id"  # nothing that bears on the payment carries a click id
    CLICK_MALFORMED = "click_malformed"  # not 16 characters of [0-9A-Za-z]
    CLICK_UNKNOWN = "click_unknown"  # well formed; no such click yet
    OTHER_WORKSPACE = "other_workspace"  # a click of somebody else's link
    CLICK_AFTER_PAYMENT = "click_after_payment"  # later than the conversion, beyond the allowed skew
    OUTSIDE_WINDOW = "outside_window"  # older than the attribution window
    DETACHED = "detached"  # a person took it off
    IDENTITY_CONFLICT = "identity_conflict"  # the Stripe customer pointed to another customer id than the payment's own


REFUSALS = (
    Reason.DETACHED,
    Reason.OUTSIDE_WINDOW,
    Reason.CLICK_AFTER_PAYMENT,
    Reason.OTHER_WORKSPACE,
    Reason.CLICK_UNKNOWN,
    Reason.CLICK_MALFORMED,
    Reason.NO_CLICK_ID,
)
"""The most telling refusal first: a sale without credit shows the first of these that any candidate has."""
