"""The naive reading of what sales are worth: a customer's totals, and a sale's amounts in any currency at the rate of its moment."""

from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Any

from tests.resolvers.plan.cutting import DECIMALS, Refused, Row, moment, money
from tests.resolvers.plan.held import Held

FIGURES = ("gross", "refunded", "disputed", "net")
SOURCES = {"ECB": ("EUR", timedelta(days=7))}
"""The currency that each source's rates are of, and how long one serves."""


class Worth(Held):
    """One workspace, one mode."""

    def _totals(self, customer: Any) -> list[Row]:
        mine = [sale for sale in self.sales if sale.customer_id == customer.id]
        found = []
        for currency in sorted({sale.currency for sale in mine}):
            theirs = [sale for sale in mine if sale.currency == currency]
            sums = {name: money(sum(getattr(sale, f"{name}_minor") for sale in theirs), currency) for name in FIGURES}
            found.append({"__typename": "CustomerTotal", "currency": currency, "sales": len(theirs), **sums})
        return found

    def _amount_in(self, sale: Any, currency: str) -> Row | None:
        target = currency.strip().upper()
        if len(target) != 3:
            raise Refused("currency: must be a currency of ISO 4217, such as EUR")
        source, places = DECIMALS.get(sale.currency, 2), DECIMALS.get(target, 2)
        quote = self._quote(sale, target)
        if source is None or places is None or quote is None:
            return None
        rate, by, at = quote
        shift = Fraction(10) ** (places - source)

        def figure(minor: int) -> int:
            return round(minor * Fraction(rate) * shift)

        gross, refunded = figure(sale.gross_minor), figure(sale.refunded_minor)
        back = figure(sale.refunded_minor + sale.disputed_minor)
        figures = {name: figure(getattr(sale, f"{name}_minor")) for name in ("tax", "shipping", "discount")}
        figures |= {"gross": gross, "refunded": refunded, "disputed": back - refunded, "net": gross - back}
        amounts = {name: money(minor, target) for name, minor in figures.items()}
        return {"__typename": "SaleAmounts", "rate": f"{rate:f}", "source": by, "publishedAt": moment(at), **amounts}

    def _quote(self, sale: Any, target: str) -> tuple[Decimal, str | None, Any] | None:
        if target == sale.currency:
            return Decimal(1), None, None
        if target == sale.converted_currency and sale.rate_source is not None:
            return Decimal(sale.rate), sale.rate_source, sale.rate_published_at
        name = self.workspace.fx_source
        base, serves = SOURCES.get(name, ("", timedelta(0)))
        if name not in self.complete or sale.paid_at > self.complete[name]:
            return None
        legs = {}
        for code in {sale.currency, target} - {base}:
            told = [each for each in self.rates if (each.source, each.currency) == (name, code)]
            told = [each for each in told if sale.paid_at - serves < each.published_at <= sale.paid_at]
            if not told:
                return None
            legs[code] = max(told, key=lambda each: each.published_at)
        per_base = {base: Decimal(1)} | {code: Decimal(each.per_base) for code, each in legs.items()}
        crossed = Context(prec=15, rounding=ROUND_HALF_EVEN).divide(per_base[target], per_base[sale.currency])
        return crossed, name, min(each.published_at for each in legs.values())
