"""How much a benchmark's database holds, and which rows stand where: pure arithmetic, so that any row can be named without reading it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ingest import ids

START = datetime(2025, 11, 1, tzinfo=UTC)
SPAN = timedelta(days=365)
HOT_SHARE = 2
"""Every second click is on the first link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Rows of the large tables."""

    clicks: int
    customers: int
    sales: int
    refunds: int
    links: int

    @classmethod
    def of(cls, scale: float) -> "Size":
        """The numbers of the issue, times `scale`."""
        return cls(
            clicks=max(1_000, int(1_000_000 * scale)),
            customers=max(100, int(100_000 * scale)),
            sales=max(200, int(200_000 * scale)),
            refunds=max(10, int(10_000 * scale)),
            links=1_000,
        )

    @classmethod
    def with_sales(cls, sales: int, clicks_each: int = 10) -> "Size":
        """As many sales as said, and the rest in the issue's proportions; ten clicks a sale."""
        return cls(clicks=sales * clicks_each, customers=max(100, sales // 2), sales=sales, refunds=max(10, sales // 20), links=1_000)

    @property
    def name(self) -> str:
        return f"{self.sales}s_{self.clicks}c"

    def clicked_at(self, number: int) -> datetime:
        return START + SPAN * (number / self.clicks)

    def month(self) -> dict[str, str]:
        """The last 30 whole days, as a report's range."""
        until = START + SPAN
        return {"since": (until - timedelta(days=30)).isoformat(), "until": until.isoformat()}

    def click_id(self, number: int) -> str:
        return ids.click_id(self.clicked_at(number).timestamp(), secret=number)

    def click_link(self, number: int) -> int:
        """The number of the link that a click is on: the first link has half of all."""
        return 0 if number % HOT_SHARE == 0 else 1 + number // HOT_SHARE % (self.links - 1)

    def paid_at(self, sale: int) -> datetime:
        return START + SPAN * ((sale + 0.5) / self.sales)

    def sale_click(self, sale: int) -> int | None:
        """The click that a sale is credited to: one just before it; every fifth sale has none."""
        return None if sale % 5 == 4 else sale * self.clicks // self.sales

    def sale_customer(self, sale: int) -> int:
        return sale % self.customers

    def sale_id(self, sale: int) -> str:
        return ids.derived("sale", "benchmark", sale)

    def link_id(self, link: int) -> str:
        return ids.derived("link", "benchmark", link)

    def customer_id(self, customer: int) -> str:
        return ids.derived("cust", "benchmark", customer)

    def refunded_sale(self, refund: int) -> int:
        return refund * self.sales // self.refunds

    def is_refunded(self, sale: int) -> bool:
        refund = -(-sale * self.refunds // self.sales)
        return refund < self.refunds and self.refunded_sale(refund) == sale
