"""Reading: the page of sales and one sale, against SQL by hand, ordinary execution and PostGraphile; the last page against the first."""

import json
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from tests.benchmarks import driving, questions, servers
from tests.benchmarks.databases import KEY
from tests.benchmarks.driving import Contestant, Match
from tests.benchmarks.loads import Ask, Load
from tests.benchmarks.plan import Plan
from tests.benchmarks.servers import Missing
from tests.benchmarks.size import Size
from tests.benchmarks.table import Line

OURS, LIMIT, ORDINARY, PEER, TUNED = "Clickledger", "raw SQL", "ordinary execution", "PostGraphile", "PostGraphile, tuned"
DRESSED = "raw SQL behind our key, quotas, headers and log"
LAST = "last page"
_JSON = {"content-type": "application/json", "accept": "application/json"}
_HEADERS = {**_JSON, "authorization": f"Bearer {KEY}"}
WANTED = {
    ("page", LIMIT, "postgres"): 0.8,
    ("page", PEER, "postgres"): 5,
    ("page", TUNED, "postgres"): 2,
    ("sale", LIMIT, "postgres"): 0.6,
    ("sale", PEER, "postgres"): 1.3,
    ("page", LIMIT, "sqlite"): 0.6,
    ("sale", LIMIT, "sqlite"): 0.6,
}
_WORDS = {"page": "page of 50 sales", "sale": "one sale by id"}


def measure(plan: Plan, engine: str) -> None:
    with ExitStack() as stack:
        address = stack.enter_context(plan.store.copied(engine, plan.size))
        contestants = _contestants(plan, engine, address, stack)
        for what in ("page", "sale"):
            _agree(contestants, what, plan.size)
            _tell(
                plan,
                engine,
                what,
                driving.match([_playing(each, what, plan.size) for each in contestants], rounds=plan.rounds, seconds=plan.seconds),
            )
        _last_page(plan, engine, contestants[0].url)


def _contestants(plan: Plan, engine: str, address: str, stack: ExitStack) -> list[Contestant]:
    """Ours first, then the limit, then whoever else can be had."""
    found = [
        Contestant(OURS, stack.enter_context(servers.ours(address)).url, _nothing),
        Contestant(LIMIT, stack.enter_context(servers.limit("reading", address)).url, _nothing),
        Contestant(DRESSED, stack.enter_context(servers.limit("dressed", address)).url, _nothing),
    ]
    if engine != "postgres":
        plan.table.skip("ordinary execution on SQLite: one process alone may serve a file")
    else:
        found.append(Contestant(ORDINARY, stack.enter_context(servers.ours(address, module="tests.benchmarks.ordinary")).url, _nothing))
        for name, tuned in ((PEER, False), (TUNED, True)):
            try:
                found.append(Contestant(name, stack.enter_context(servers.postgraphile(address, tuned=tuned)), _nothing))
            except Missing as missing:
                plan.table.skip(f"{name}: {missing}")
    return found


def _nothing(_: int) -> Load:
    return Load(())


def _playing(contestant: Contestant, what: str, size: Size) -> Contestant:
    load = driving.constant(Load(_asks(contestant.name, what, size)))
    return Contestant(contestant.name, contestant.url, load)


def _asks(name: str, what: str, size: Size) -> list[Ask]:
    sales = [size.sale_id(number * size.sales // 500) for number in range(500)]
    if name == LIMIT:
        bodies: list[dict[str, Any]] = [{}] if what == "page" else [{"variables": {"id": sale}} for sale in sales]
        return [Ask(f"/{what}", "POST", _JSON, json.dumps(body).encode()) for body in bodies]
    peer = name in (PEER, TUNED)
    query = {
        ("page", True): questions.PEER_PAGE,
        ("page", False): questions.PAGE,
        ("sale", True): questions.PEER_SALE,
        ("sale", False): questions.SALE,
    }
    variables: list[dict[str, Any]] = [{}] if what == "page" else [{"id": sale} for sale in sales]
    return [asked(query[what, peer], each, keyed=not peer) for each in variables]


def asked(query: str, variables: dict[str, Any], *, keyed: bool = True) -> Ask:
    body = json.dumps({"query": query, "variables": variables}).encode()
    return Ask("/graphql", "POST", _HEADERS if keyed else _JSON, body)


def answer(url: str, ask: Ask) -> Any:
    """The data of one answer; an AssertionError where it has errors."""
    base = url.removesuffix("/graphql")
    request = urllib.request.Request(base + ask.path, ask.body, dict(ask.headers), method=ask.method)
    with urllib.request.urlopen(request) as got:
        found = json.load(got)
    assert "errors" not in found, found["errors"]
    return found["data"]


def _agree(contestants: list[Contestant], what: str, size: Size) -> None:
    """Ours, ordinary execution and the limit say the very same, and PostGraphile names the same sales; else nothing is measured."""
    said = {each.name: answer(each.url, _asks(each.name, what, size)[-1]) for each in contestants}
    same = [_without_origin(said[name]) for name in (OURS, LIMIT, DRESSED, ORDINARY) if name in said]
    assert all(each == same[0] for each in same), f"the answers differ: {json.dumps(same)[:2_000]}"
    for name in (PEER, TUNED):
        if name in said and what == "page":
            assert [node["rowId"] for node in said[name]["allSales"]["nodes"]] == [node["id"] for node in said[OURS]["sales"]["nodes"]]
        elif name in said:
            assert said[name]["saleByRowId"]["rowId"] == said[OURS]["sale"]["id"]


def _without_origin(data: Any) -> Any:
    return json.loads(json.dumps(data).replace("https://", "http://"))


def _tell(plan: Plan, engine: str, what: str, found: Match) -> None:
    def tell(name: str, other: str) -> None:
        plan.table.add(
            Line(
                what=f"{_WORDS[what]}, {engine}" if name == OURS else f"the same by {name}",
                against=other,
                value=found.ratio(name, other),
                at_least=WANTED.get((what, other, engine)) if name == OURS else None,
                note=f"{found.rate(name):.0f} and {found.rate(other):.0f}",
            )
        )

    for other in [name for name in found.rounds if name not in (OURS, DRESSED)]:
        tell(OURS, other)
    tell(DRESSED, LIMIT)


def _last_page(plan: Plan, engine: str, url: str) -> None:
    place = answer(url, asked(questions.SECOND_LAST, {}))["sales"]["pageInfo"]["startCursor"]
    found = _compared(plan, url, {"first page": {}, LAST: {"after": place}})
    ratio = found.ratio("first page", LAST)
    note = f"{found.rate(LAST):.0f} and {found.rate('first page'):.0f}"
    plan.table.add(
        Line(
            what=f"cost of the last page of {plan.size.sales:,} sales, {engine}", against="first page", value=ratio, at_most=1.2, note=note
        )
    )


def _compared(plan: Plan, url: str, variables: dict[str, dict[str, Any]]) -> Match:
    make: Callable[[dict[str, Any]], Callable[[int], Load]] = lambda given: driving.constant(Load([asked(questions.PAGE, given)]))  # noqa: E731
    return driving.match(
        [Contestant(name, url, make(given)) for name, given in variables.items()], rounds=plan.rounds, seconds=plan.seconds
    )
