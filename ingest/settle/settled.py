"""A payment that is folded, attributed and priced: what its rows are made of."""

from dataclasses import dataclass

from ingest.fold.payment import Payment
from ingest.quotes import Quote
from ingest.settle.crediting import Attributed


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """All that the rows of one payment are made of."""

    id: str
    account: int
    payment: Payment
    attributed: Attributed
    quote: Quote | None
    currency: str
    """What amounts are converted to."""
