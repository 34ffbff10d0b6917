"""A ledger grown large: copies of one row of each table that grows, so that what a statement looks at can be counted at two sizes."""

from tortoise.models import Model

from ingest.models.evidence import Click, StripeEvent
from ingest.models.ledger import Consideration, Credit, Customer, Dispute, Lead, Refund, Sale, SaleReference
from ingest.models.workspace import Link
from tests import statistics

SLACK, FEW = 1.15, {"sqlite": 500, "postgres": 60}
"""How much more a statement may look at beside the large ones: deeper indexes. In steps of SQLite's machine, and rows of PostgreSQL."""
EARLIER = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f+00:00', t.{0}, '-' || (n / 1e3) || ' seconds')",
    "postgres": "t.{0} - n * interval '1 ms'",
}
"""As many milliseconds before the moment in a column: by dialect."""
HALF = "CASE WHEN n % 2 = 0 THEN t.link_id ELSE 'link_{0}' || (1 + n % 500) END"
"""Half of all that is counted is of one link."""
COPIED: dict[type[Model], dict[str, str]] = {
    Link: {"id": "'link_{0}' || n", "key": "'{0}' || n", "utm_campaign": "NULL"},
    Click: {"id": "'{0}' || (100000000000000 + n)", "link_id": HALF},
    Customer: {"id": "'cust_{0}' || n", "external_id": "'{0}' || n", "email_key": "'{0}' || n"},
    Sale: {
        "id": "'sale_{0}' || n",
        "link_id": HALF,
        "customer_id": "'cust_{0}' || n",
        "click_id": "CASE WHEN n % 3 > 0 THEN t.click_id END",
    },
    SaleReference: {"name": "'pi_{0}' || n", "sale_id": "'sale_{0}' || n"},
    Lead: {"id": "'lead_{0}' || n", "link_id": HALF, "customer_id": "'cust_{0}' || n"},
    Refund: {"id": "'rfnd_{0}' || n", "sale_id": "'sale_{0}' || n"},
    Dispute: {"id": "'disp_{0}' || n", "sale_id": "'sale_{0}' || n", "status": "'lost'"},
    Credit: {"id": "'cred_{0}' || n", "sale_id": "'sale_{0}' || n"},
    Consideration: {"id": "'cons_{0}' || n", "sale_id": "'sale_{0}' || n"},
    StripeEvent: {"event_id": "'evt_{0}' || n", "created_at": "{1}"},
}
"""Tables that grow, parents first, and what makes a copy of one of its rows another row."""


async def fill(letter: str, clicks: int, others: int) -> None:
    """So many clicks more, and of every other table so many rows; PostgreSQL's planner is told. The letter makes their ids."""
    for table, changed in COPIED.items():
        like = "click_id IS NOT NULL" if table is Sale else "true"
        await Click._meta.db.execute_query(copies(table, changed, letter, clicks if table is Click else others, like))
    await statistics.take()


def copies(table: type[Model], changed: dict[str, str], letter: str, count: int, like: str) -> str:
    """A statement that makes so many rows like one."""
    name = table._meta.db_table
    columns = [each for each in table._meta.fields_db_projection.values() if each != "id" or "id" in changed]
    named = ", ".join(f'"{column}"' for column in columns)
    earlier = EARLIER[table._meta.db.capabilities.dialect]
    values = ", ".join(
        changed[column].format(letter, earlier.format(column)) if column in changed else f't."{column}"' for column in columns
    )
    numbers = f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count})"
    one = f'(SELECT * FROM "{name}" WHERE {like} ORDER BY id LIMIT 1)'
    return f'{numbers} INSERT INTO "{name}" ({named}) SELECT {values} FROM {one} t, n'
