"""A ledger grown large: copies of one row of each table that grows, so that what a statement looks at can be counted at two sizes."""

from tortoise.models import Model
from tortoise.transactions import in_transaction

from ingest.models.evidence import Click, StripeEvent
from ingest.models.facts import Fact, PaymentKey, Subject
from ingest.models.ledger import Consideration, Credit, Dispute, Refund, Sale, SaleReference
from ingest.models.people import Customer, Lead, StripeCustomer
from ingest.models.rollups import SETS
from ingest.models.workspace import Link
from ingest.rollups import compacting, filling
from tests import statistics
from tests.ledger import Ledger

SLACK, FEW = 1.15, {"sqlite": 500, "postgres": 60}
"""How much more a statement may look at beside the large ones: deeper indexes. In steps of SQLite's machine, and rows of PostgreSQL."""
EARLIER = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f+00:00', t.{0}, '-' || (n / 1e3) || ' seconds')",
    "postgres": "t.{0} - n * interval '1 ms'",
}
"""As many milliseconds before the moment in a column: by dialect."""
HALF = "CASE WHEN n % 2 = 0 THEN t.link_id ELSE 'link_{0}' || (1 + n % 500) END"
"""Half of all that is counted is of one link."""
ONE_IN = "CASE WHEN n % {1} = 0 THEN t.{0} ELSE '{2}{{0}}' || n END"
"""One in so many is the same parent's; each of the others has a parent of its own."""
CUSTOMER = ONE_IN.format("customer_id", 20, "cust_")
SALE = ONE_IN.format("sale_id", 20, "sale_")
COPIED: dict[type[Model], dict[str, str]] = {
    Link: {"id": "'link_{0}' || n", "key": "'{0}' || n", "utm_campaign": "NULL"},
    Click: {
        "id": "'{2}' || (100000000000000 + n)",
        "link_id": HALF,
        "clicked_at": "{1}",
        "anonymous_id": ONE_IN.format("anonymous_id", 1_000, ""),
    },
    Customer: {"id": "'cust_{0}' || n", "first_seen_at": "{1}", "external_id": "'{0}' || n", "email_key": "'{0}' || n"},
    StripeCustomer: {"id": "'scus_{0}' || n", "stripe_id": "'cus_{0}' || n", "customer_id": CUSTOMER},
    Subject: {"id": "'pay_{0}' || n"},
    PaymentKey: {"key": "'{0}' || n", "payment_id": "'pay_{0}' || n"},
    Sale: {
        "id": "'sale_{0}' || n",
        "link_id": HALF,
        "payment_id": "'pay_{0}' || n",
        "paid_at": "{1}",
        "customer_id": CUSTOMER,
        "click_id": "CASE WHEN n % 3 > 0 THEN t.click_id END",
    },
    SaleReference: {"name": "'pi_{0}' || n", "sale_id": "'sale_{0}' || n"},
    Lead: {"id": "'lead_{0}' || n", "link_id": HALF, "customer_id": CUSTOMER},
    Refund: {"id": "'rfnd_{0}' || n", "sale_id": SALE},
    Dispute: {"id": "'disp_{0}' || n", "sale_id": SALE, "status": "'lost'"},
    Credit: {"id": "'cred_{0}' || n", "sale_id": "'sale_{0}' || n"},
    Consideration: {"id": "'cons_{0}' || n", "sale_id": "'sale_{0}' || n"},
    StripeEvent: {"event_id": "'evt_{0}' || n", "created_at": "{1}"},
    Fact: {"payment_id": "'pay_{0}' || n", "event_id": "(SELECT max(id) FROM stripe_event) + 1 - n"},
    **{table: {"id": "'roll_{0}' || n", "hour": "t.hour - 24 * n"} for table in SETS},
}
"""Tables that grow, parents first, and what makes a copy of one of its rows another row."""

LIKE: dict[type[Model], str] = {Sale: "click_id IS NOT NULL", Subject: "kind = 'payment' AND key IS NULL"}
"""Which of its rows are copied, of tables that hold several kinds."""


async def chain(ledger: Ledger) -> None:
    """Rows for every statement to find: namesakes with clicks of one browser, sales with a click and without, evidence, money back."""
    link, _ = await Link.get_or_create(
        {"workspace_id": ledger.workspace.id, "domain": "*", "key": "spring", "url": "https://shop.test", "utm_campaign": "spring"},
        id="link_0000000000000000000000",
    )
    click = await ledger.click(link, anonymous_id="anon_1", country="SE")
    customer = await ledger.customer(email="ada@example.com", country="SE", external_id=f"user_{await Customer.all().count() + 1}")
    namesake = await ledger.customer(email="ada@example.com", country="SE")
    await ledger.lead(namesake, click)
    await ledger.lead(customer, await ledger.click(link, anonymous_id="anon_1", country="SE"))
    await ledger.consideration(await ledger.sale(customer), None, reason="no_click_id", rule="none", stated=None)
    sale = await ledger.sale(namesake, click)
    await ledger.credit(sale, click)
    await ledger.consideration(sale, click)
    await ledger.consideration(sale, await ledger.click(link), position=1)
    await ledger.refund(sale)
    await ledger.dispute(sale)
    await ledger.event(sale)
    await ledger.stripe_customer(customer, f"cus_{customer.id}")
    await PaymentKey.create(
        workspace_id=ledger.workspace.id, livemode=True, account_id=ledger.account.id, key=f"charge:{sale.id}", payment_id=sale.payment_id
    )


async def count() -> None:
    """Count what there is in buckets, as a server does that has had the time."""
    async with in_transaction() as connection:
        await filling.fill(connection)
    await compacting.compact_everything()


async def fill(letter: str, clicks: int, others: int) -> None:
    """So many clicks more, and of every other table so many rows; PostgreSQL's planner is told. The letter makes their ids."""
    async with in_transaction() as connection:
        if connection.capabilities.dialect == "postgres":  # which would look up the parents of each copy, three for a click
            await connection.execute_query("SET LOCAL session_replication_role = replica")
        for table, changed in COPIED.items():
            like, count = LIKE.get(table, "true"), clicks if table is Click else others
            before = await table.all().count()
            # after all others: what is copied is an original
            await connection.execute_query(copies(table, changed, f"zzz{letter}", count, like))
            assert await table.all().count() == before + count, f"{table.__name__}: there is a row to copy"
    await statistics.take()


def copies(table: type[Model], changed: dict[str, str], letter: str, count: int, like: str) -> str:
    """A statement that makes so many rows like one."""
    name = table._meta.db_table
    columns = [each for each in table._meta.fields_db_projection.values() if each != "id" or "id" in changed]
    named = ", ".join(f'"{column}"' for column in columns)
    earlier = EARLIER[table._meta.db.capabilities.dialect]
    values = ", ".join(
        changed[column].format(letter, earlier.format(column), letter[-1]) if column in changed else f't."{column}"' for column in columns
    )
    numbers = f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count})"
    one = f'(SELECT * FROM "{name}" WHERE {like} ORDER BY id LIMIT 1)'
    return f'{numbers} INSERT INTO "{name}" ({named}) SELECT {values} FROM {one} t, n'
