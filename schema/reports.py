"""Reports: what clicks, leads and sales came to, by whatever a dashboard tells them apart by, and over time."""

from datetime import date, datetime
from typing import Any

import strawberry

from resolvers.context import Context
from resolvers.entities import LINK
from resolvers.reads import Keyed
from resolvers.reports import answers, figures
from resolvers.reports.periods import Interval
from resolvers.reports.question import Dimension, Extra, Measure, Question
from schema import conditions
from schema.conditions import CodeFilter, IDFilter, StringFilter, on, op
from schema.enums import described
from schema.links import Link
from schema.money import Money
from schema.orders import Direction
from schema.reading import attribute, field

described(
    Dimension,
    "ReportDimension",
    "What clicks, and the leads and sales that came of them, are told apart by.",
    {
        Dimension.LINK: "The link that was clicked; of a sale, the one that has the credit.",
        Dimension.UTM_SOURCE: "The click's utm_source.",
        Dimension.UTM_MEDIUM: "The click's utm_medium.",
        Dimension.UTM_CAMPAIGN: "The click's utm_campaign.",
        Dimension.UTM_TERM: "The click's utm_term.",
        Dimension.UTM_CONTENT: "The click's utm_content.",
        Dimension.COUNTRY: "The visitor's country.",
        Dimension.DEVICE: "The visitor's kind of device.",
        Dimension.BROWSER: "The visitor's browser.",
        Dimension.OS: "The visitor's operating system.",
        Dimension.REFERER: "The domain of the page that the link stood on.",
        Dimension.TRIGGER: "How the click came about: link, qr or script.",
    },
)
described(
    Interval,
    "ReportInterval",
    "How long the periods of a report are, by the clock of the workspace's time zone.",
    {
        Interval.HOUR: "Sixty minutes, from the full hour.",
        Interval.DAY: "From midnight to midnight: 23 or 25 hours where clocks change.",
        Interval.WEEK: "From Monday to Sunday.",
        Interval.MONTH: "From the first of a month to its last day.",
    },
)
described(
    Measure,
    "ReportMeasure",
    "What the groups of a report go by.",
    {
        Measure.CLICKS: "Clicks, without bots'.",
        Measure.LEADS: "Leads.",
        Measure.SALES: "Sales, pending ones too.",
        Measure.GROSS: "What was paid.",
        Measure.REFUNDED: "What was given back.",
        Measure.DISPUTED: "What the buyers' banks took back.",
        Measure.NET: "What is left.",
    },
)
described(
    Extra,
    "ReportExtra",
    "Figures of a report that are no sums. They are counted row by row, and so only where they are asked for, over at most 400 days.",
    {
        Extra.VISITORS: "Distinct visitors.",
        Extra.MEDIAN_NET: "The median of what is left of each sale.",
        Extra.MEDIAN_SECONDS_TO_SALE: "The median of the time from click to payment.",
    },
)


@strawberry.input(description="Which clicks, leads and sales are counted, by the click that they come from. Every condition must hold.")
class ReportFilter:
    link: IDFilter | None = on("link_id", "The link: ids of links.")
    country: CodeFilter | None = on("country", "The country: two letters, upper case. In all of these, an empty text is what is not known.")
    device: CodeFilter | None = on("device", "desktop, mobile or tablet.")
    browser: StringFilter | None = on("browser", "The browser's name.")
    os: StringFilter | None = on("os", "The operating system's name.")
    referer: StringFilter | None = on("referer", "The referring domain.")
    utm_source: StringFilter | None = on("utm_source", "The campaign's source.")
    utm_medium: StringFilter | None = on("utm_medium", "The campaign's medium.")
    utm_campaign: StringFilter | None = on("utm_campaign", "The campaign's name.")


@strawberry.input(description="What groups go by.")
class ReportOrder:
    field: Measure = strawberry.field(description="The figure.")
    direction: Direction = strawberry.field(description="Which way.")


@strawberry.input(
    description="What a report is of: either from and to, or firstDay and lastDay; grouped, narrowed and cut to periods as wanted."
)
class ReportInput:
    from_: datetime | None = op("The first moment that counts.", name="from")
    to: datetime | None = op("The moment before which things count.")
    first_day: date | None = op("The first day that counts, in the workspace's time zone.")
    last_day: date | None = op("The last day that counts; all of it does.")
    group_by: list[Dimension] | None = op("A group for each combination of these, five at most. Without any there are totals alone.")
    interval: Interval | None = op("Show periods of this length, too: at most 1,000, and 10,000 times groups.")
    filter: ReportFilter | None = op("What is counted; everything unless said otherwise.")
    order_by: ReportOrder | None = op("What the groups go by; by net, the largest first, unless said otherwise. Equals go by clicks.")
    extras: list[Extra] | None = op("Figures to count besides, row by row: over at most 400 days, and for 1,000 more.")
    limit: int | None = op("How many groups are shown: 1 to 100; 20 unless said otherwise.")


@strawberry.type(description="What something came to. Amounts are in the workspace's currency, each sale at its own rate.")
class ReportFigures:
    clicks: int = attribute("clicks", "Clicks, without bots'; of both modes, as links are.")
    leads: int = attribute("leads", "Leads.")
    sales: int = attribute("sales", "Sales: all of them.")
    pending_sales: int = attribute("pending_sales", "Those of the sales that no rate is known for yet: the amounts leave them out.")
    gross: Money = attribute("gross", "What was paid: tax and shipping inside, discount taken off.")
    refunded: Money = attribute("refunded", "What of that was given back since, whenever it was.")
    disputed: Money = attribute("disputed", "What of that the buyers' banks took back and have not returned.")
    net: Money = attribute("net", "What is left: gross less refunded less disputed.")
    visitors: int | None = attribute(
        "visitors",
        "Distinct browsers that clicked, by the id that each keeps; one of two groups or periods is in both. Null unless `extras` asks.",
    )
    median_net: Money | None = attribute(
        "median_net",
        "The median of the sales' net, without pending ones; of an even number the lower of the middle two. Null unless `extras` asks.",
    )
    median_seconds_to_sale: int | None = attribute(
        "median_seconds_to_sale",
        "The median of the seconds from the credited click to the payment, of sales that have one; as above. Null unless `extras` asks.",
    )


@strawberry.type(description="What one period came to.")
class ReportPeriod(ReportFigures):
    start: datetime = attribute("start", "Its first moment.")
    end: datetime = attribute("end", "The moment before which it ends.")


_PERIODS = "Each period in turn, those without anything too; none unless the report has an interval."


@strawberry.type(description="What everything came to, the groups that are not shown too.")
class ReportTotals(ReportFigures):
    periods: list[ReportPeriod] = attribute("periods", _PERIODS)


@strawberry.type(
    description="A group: what has the same dimensions. Those that the report is not grouped by are null, and so is what is not known."
)
class ReportRow(ReportFigures):
    link: Link | None = field(Keyed(LINK, "link_id"), "The link.")
    utm_source: str | None = attribute("utm_source", "The campaign's source.")
    utm_medium: str | None = attribute("utm_medium", "The campaign's medium.")
    utm_campaign: str | None = attribute("utm_campaign", "The campaign's name.")
    utm_term: str | None = attribute("utm_term", "The paid keyword.")
    utm_content: str | None = attribute("utm_content", "Which of several contents.")
    country: str | None = attribute("country", "The country: two letters, ISO 3166.")
    device: str | None = attribute("device", "desktop, mobile or tablet.")
    browser: str | None = attribute("browser", "The browser's name.")
    os: str | None = attribute("os", "The operating system's name.")
    referer: str | None = attribute("referer", "The referring domain.")
    trigger: str | None = attribute("trigger", "link, qr or script.")
    periods: list[ReportPeriod] = attribute("periods", _PERIODS)


@strawberry.type(description="Sales that are not converted yet, in the currency that they are in.")
class ReportPending:
    currency: str = attribute("currency", "The currency: ISO 4217, upper case.")
    sales: int = attribute("sales", "How many.")
    gross: Money = attribute("gross", "What was paid.")
    net: Money = attribute("net", "What is left.")


@strawberry.type(description="What clicks, leads and sales came to in a time: clicks by when they happened, sales by when they were paid.")
class Report:
    start: datetime = attribute("start", "The first moment that counts.")
    end: datetime = attribute("end", "The moment before which things count.")
    timezone: str = attribute("timezone", "The time zone that days are of: the workspace's.")
    currency: str = attribute("currency", "The currency of the amounts: the workspace's.")
    totals: ReportTotals = attribute("totals", "What everything came to.")
    rows: list[ReportRow] = attribute("rows", "The groups, in the order that was asked for.")
    groups: int = attribute("groups", "How many groups there are in all.")
    pending: list[ReportPending] = attribute("pending", "What the amounts leave out, for each currency.")


async def reported(context: Context, _row: None, input: ReportInput) -> figures.Report:  # noqa: A002  # as the argument is called
    return await answers.report(context, question(input))


def question(asked: ReportInput) -> Question:
    """The input as what is asked; null is the same as leaving a thing out."""
    order = _given(asked.order_by)
    return Question(
        start=_given(asked.from_),
        end=_given(asked.to),
        first_day=_given(asked.first_day),
        last_day=_given(asked.last_day),
        group_by=tuple(_given(asked.group_by) or ()),
        interval=_given(asked.interval),
        conditions=tuple(conditions.of(_given(asked.filter))),
        extras=tuple(dict.fromkeys(_given(asked.extras) or ())),
        limit=20 if _given(asked.limit) is None else _given(asked.limit),
        **({} if order is None else {"order": order.field, "descending": order.direction is Direction.DESC}),
    )


def _given(value: Any) -> Any:
    return None if value is strawberry.UNSET else value
