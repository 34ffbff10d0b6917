"""The naive reading of what led to a sale, or may have: its journey, and the suggestions for one that no click is credited with."""

from datetime import timedelta
from math import prod
from typing import Any

from tests.resolvers.plan.cutting import Row, moment
from tests.resolvers.plan.held import Held

WINDOW, SKEW, NEAR = timedelta(days=90), timedelta(minutes=10), timedelta(hours=1)
CHANCES = {"SAME_BROWSER": 0.8, "SAME_CUSTOMER": 0.7, "SAME_EMAIL": 0.6, "SHORTLY_BEFORE": 0.4}


class Trails(Held):
    """One workspace, one mode."""

    # --- journeys ---------------------------------------------------------------------------------------------------------------

    def _journey(self, sale: Any) -> Row:
        touches = self._touches(sale)
        mine = [(each.paid_at, each.id) for each in self.sales if each.customer_id == sale.customer_id]
        return {
            "__typename": "Journey",
            "firstTouch": self._touch(touches[0]) if touches else None,
            "lastTouch": self._touch(touches[-1]) if touches else None,
            "daysToConversion": (sale.paid_at - touches[0].clicked_at).days if touches else None,
            "orderIndex": 1 + sum(each < (sale.paid_at, sale.id) for each in mine),
            "touches": lambda _info, **asked: self._paged(touches, "Click.clicked_at.asc", "clicked_at", self._touch, **asked),
        }

    def _touches(self, sale: Any) -> list[Any]:
        named = {each.click_id for each in self.considerations if each.sale_id == sale.id} | {sale.click_id}
        browsers = {click.anonymous_id for click in self.clicks if click.id == sale.click_id} - {None}
        found = [click for click in self.clicks if click.id in named or click.anonymous_id in browsers]
        return sorted((click for click in found if click.clicked_at <= sale.paid_at), key=lambda click: (click.clicked_at, click.id))

    def _touch(self, click: Any) -> Row:
        return {
            "__typename": "Touch",
            "at": moment(click.clicked_at),
            "click": lambda _info: self._click(click),
            "link": lambda _info: self._found(self.links, click.link_id, self._link),
        }

    # --- suggestions ------------------------------------------------------------------------------------------------------------

    def _suggestions(self, sale: Any) -> list[Row]:
        if sale.click_id is not None:
            return []
        refused = {each.click_id for each in self.considerations if each.sale_id == sale.id and each.reason == "detached"}
        people = {click.id: click for click in self.clicks if not click.bot}
        hints = self._hints(sale, people)
        told: dict[str, set[tuple[str, str]]] = {}
        for click, why, source in hints:
            if click not in refused and sale.paid_at - WINDOW <= people[click].clicked_at <= sale.paid_at + SKEW:
                told.setdefault(click, set()).add((why, source))
        rivals = sum(any(why == "SHORTLY_BEFORE" for why, _ in each) for each in told.values())
        scored = []
        for click, each in told.items():
            ago = sale.paid_at - people[click].clicked_at
            chances = CHANCES | {"SHORTLY_BEFORE": CHANCES["SHORTLY_BEFORE"] * (1 - min(abs(ago) / NEAR, 1) / 2) / max(rivals, 1)}
            missed = prod(1 - chance for why, chance in chances.items() if why in {said for said, _ in each})
            scored.append((-round(1 - missed, 3), ago, click))
        return [self._suggestion(click, -score, told[click]) for score, _, click in sorted(scored)[:5]]

    def _hints(self, sale: Any, people: dict[str, Any]) -> list[tuple[str, str, str]]:
        """(click, why, the row that says so)."""
        buyer = next(each for each in self.customers if each.id == sale.customer_id)
        others = [each for each in self.customers if each.id != buyer.id and buyer.email_key and each.email_key == buyer.email_key]
        others.sort(key=lambda each: (each.first_seen_at, each.id), reverse=True)
        found = []
        for each in [buyer, *others]:
            for rows, when in ((self.leads, "at"), (self.sales, "paid_at")):
                theirs = [
                    (getattr(row, when), row.id, row.click_id) for row in rows if row.customer_id == each.id and row.click_id in people
                ]
                why = "SAME_CUSTOMER" if each is buyer else "SAME_EMAIL"
                found += [(click, why, row) for _, row, click in sorted(theirs, reverse=True)]
        browsers = {people[click].anonymous_id: click for click, _, _ in found if people[click].anonymous_id}
        for click in people.values():
            if click.anonymous_id in browsers and click.clicked_at <= sale.paid_at + NEAR:
                found.append((click.id, "SAME_BROWSER", browsers[click.anonymous_id]))
            if buyer.country and click.country == buyer.country and sale.paid_at - NEAR <= click.clicked_at <= sale.paid_at:
                found.append((click.id, "SHORTLY_BEFORE", click.id))
        return found

    def _suggestion(self, click: str, score: float, told: set[tuple[str, str]]) -> Row:
        hints = sorted(told, key=lambda each: (-CHANCES[each[0]], each[1]))
        return {
            "__typename": "Suggestion",
            "score": score,
            "click": lambda _info: self._found(self.clicks, click, self._click),
            "hints": [{"__typename": "Hint", "why": why, "source": source} for why, source in hints],
        }
