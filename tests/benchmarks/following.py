"""Following links: a redirect whose click is committed, against a redirect and nothing else."""

from contextlib import ExitStack

from tests.benchmarks import driving, servers
from tests.benchmarks.driving import Contestant
from tests.benchmarks.loads import Ask, Load
from tests.benchmarks.plan import Plan
from tests.benchmarks.rows import HOST
from tests.benchmarks.table import Line

AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:144.0) Gecko/20100101 Firefox/144.0",
)
_EACH_SECOND = 8_000
"""More requests a second than any contestant answers: no visitor comes twice, so every click is a new row."""


def measure(plan: Plan, engine: str) -> None:
    with ExitStack() as stack:
        address = stack.enter_context(plan.store.copied(engine, plan.size))
        mine = stack.enter_context(servers.ours(address))
        bare = stack.enter_context(servers.limit("redirect", address))

        def load(number: int) -> Load:
            return Load(visitors(number, round(_EACH_SECOND * plan.seconds), plan.size.links))

        found = driving.match(
            [Contestant("ours", mine.url, load), Contestant("bare", bare.url, load)], rounds=plan.rounds, seconds=plan.seconds
        )
    plan.table.add(
        Line(
            what=f"redirect with a committed click, {engine}",
            against="bare redirect",
            value=found.ratio("ours", "bare"),
            at_least=0.45,
            note=f"{found.rate('ours'):.0f} and {found.rate('bare'):.0f}; ours p99 {found.p99('ours'):.1f} ms",
        )
    )


def visitors(number: int, count: int, links: int) -> list[Ask]:
    """Visitors of one round, each from an address of their own; half of them on one link."""
    return [_visitor(number * count + each, links) for each in range(count)]


def _visitor(number: int, links: int) -> Ask:
    where = 20 << 24 | number * 2_654_435_761 % (1 << 27)
    address = ".".join(str(where >> shift & 255) for shift in (24, 16, 8, 0))
    key = 0 if number % 2 else number // 2 % links
    headers = {
        "host": HOST,
        "user-agent": AGENTS[number % len(AGENTS)],
        "x-forwarded-for": address,
        "referer": "https://news.example/today",
    }
    return Ask(f"/k{key}", headers=headers)
