"""`make bench`: fills databases, starts real servers, drives them from another process, and prints one table of ratios."""

import argparse
import sys
import traceback
from collections.abc import Callable, Mapping

from tests.benchmarks import driving, following, footprint, growth, machine, progress, reading, reporting, summing, telling
from tests.benchmarks.databases import ENGINES, Store
from tests.benchmarks.plan import Plan
from tests.benchmarks.size import Size
from tests.benchmarks.table import Table

PARTS: Mapping[str, Callable[[Plan, str], None]] = {
    "reading": reading.measure,
    "report": reporting.measure,
    "redirect": following.measure,
    "webhook": telling.measure,
    "rollups": summing.measure,
    "footprint": footprint.measure,
}


def main() -> None:
    asked = _arguments()
    where = f"{machine.described()}; driven by {driving.DRIVER}."
    print(where, flush=True)
    plan = Plan(size=Size.of(asked.scale), rounds=asked.rounds, seconds=asked.seconds, store=Store(), table=Table())
    if asked.growth:
        growth.measure(plan, asked.engine or ["postgres"], largest=round(1_000_000 * asked.scale))
    else:
        print(f"{plan.size.sales:,} sales, {plan.size.clicks:,} clicks, {plan.size.customers:,} customers, {plan.size.refunds:,} refunds")
        for engine in asked.engine or ENGINES:
            for part in asked.only or PARTS:
                _part(plan, part, engine)
    print(f"\n{plan.table.markdown()}\n\n{where}\n{machine.versions(plan.store.version)}")
    sys.exit(bool(plan.table.failed))


def _part(plan: Plan, part: str, engine: str) -> None:
    """One part's lines; one that fails says so, and the others go on."""
    progress.say(f"{engine}: {part}")
    try:
        PARTS[part](plan, engine)
    except Exception as error:
        traceback.print_exc()
        plan.table.fail(f"{part}, {engine}: {type(error).__name__}: {str(error)[:300]}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="how much of the issue's numbers the databases hold")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each contestant")
    parser.add_argument("--seconds", type=float, default=3.0, help="the length of a round")
    parser.add_argument("--only", action="append", choices=list(PARTS), help="this part alone; may be said again")
    parser.add_argument("--engine", action="append", choices=list(ENGINES), help="on this database alone")
    parser.add_argument("--growth", action="store_true", help="how costs grow, instead")
    return parser.parse_args()


if __name__ == "__main__":
    main()
