"""What the demo must come to, worked out by hand from its script. Nothing of the product computes these figures.

Rates are the European Central Bank's of the day of payment: 2026-03-11 one euro was 1.1581 dollars; 2026-04-07 it was 1.1557 dollars and
0.87258 pounds; 2026-04-15 it was 1.178 dollars and 187.41 yen.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale by its Stripe id (`{run}` is put in), and what GraphQL must say of it; None where there must be no sale."""

    who: str
    stripe_id: str
    paid: str
    net: str
    in_dollars: str | None
    """Net, converted; None while no rate is known."""
    reason: str
    link: str | None


SALES = (
    # 49.00 paid, 9.00 given back; the lead that she was brought by carried the click
    Sale("Ada, a lead, one refund", "cs_test_{run}_ada", "49.00 USD", "40.00 USD", "40.00", "CREDITED", "newsletter"),
    # 80.00 x 1.1581 = 92.648 -> 92.65; 20.00 back at the same rate = 23.162 -> 23.16; 92.65 - 23.16 = 69.49
    Sale("Ben, a Payment Link in euro", "pi_{run}_ben", "80.00 EUR", "60.00 EUR", "69.49", "CREDITED", "video"),
    Sale("Cleo, subscription, events out of order", "in_{run}_cleo1", "29.00 USD", "29.00 USD", "29.00", "CREDITED", "newsletter"),
    Sale("Cleo, first renewal", "in_{run}_cleo2", "29.00 USD", "29.00 USD", "29.00", "CREDITED", "newsletter"),
    Sale("Cleo, second renewal", "in_{run}_cleo3", "29.00 USD", "29.00 USD", "29.00", "CREDITED", "newsletter"),
    # 60.00 x 1.1557 / 0.87258 = 79.4678 -> 79.47
    Sale("Dan, the click on his Stripe customer", "pi_{run}_dan", "60.00 GBP", "60.00 GBP", "79.47", "CREDITED", "video"),
    Sale("Eve, wholly refunded, told twice", "cs_test_{run}_eve", "25.00 USD", "0.00 USD", "0.00", "CREDITED", "poster"),
    Sale("Fay, who never clicked", "cs_test_{run}_fay", "15.00 USD", "15.00 USD", "15.00", "NO_CLICK_ID", None),
    Sale("Gus, who clicked 120 days before", "cs_test_{run}_gus", "70.00 USD", "70.00 USD", "70.00", "OUTSIDE_WINDOW", None),
    # 12,000 x 1.178 / 187.41 = 75.4282 -> 75.43
    Sale("Hana, whose click id came late, in yen", "cs_test_{run}_hana", "12000 JPY", "12000 JPY", "75.43", "CREDITED", "poster"),
    Sale("Ivo, in dinars, for which the Bank has no rate", "cs_test_{run}_ivo", "10.500 KWD", "10.500 KWD", None, "CREDITED", "video"),
    Sale("Jo, first money after a trial", "in_{run}_jo2", "19.00 USD", "19.00 USD", "19.00", "CREDITED", "newsletter"),
)
NO_SALE = (("Jo's trial, which was free", "cs_test_{run}_jo"), ("Kim, whose bank transfer failed", "cs_test_{run}_kim"))


@dataclass(frozen=True, slots=True)
class Link:
    """A link: its clicks (bots left out), leads and sales; what of their money went back and what is left, in dollars.

    `pending` of the sales have no rate and are in neither.
    """

    key: str
    clicks: int
    leads: int
    sales: int
    refunded: str
    net: str
    pending: int


LINKS = (
    # 40 passers-by, Ada, Cleo and Jo; one sale of Ada's, three of Cleo's, one of Jo's: 40.00 + 3 x 29.00 + 19.00
    Link("newsletter", 43, 3, 5, "9.00", "146.00", 0),
    # 25 passers-by, Ben, Dan and Ivo, whose dinars have no rate: 69.49 + 79.47
    Link("video", 28, 3, 3, "23.16", "148.96", 1),
    # 15 passers-by, Eve, who has her 25.00 back, and Hana
    Link("poster", 17, 2, 2, "25.00", "75.43", 0),
    # Gus: he is a lead of this link, and his sale is nobody's
    Link("archive", 1, 1, 0, "0.00", "0.00", 0),
)
