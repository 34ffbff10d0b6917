"""docs/scenarios.md is true: each test that it names exists, each file stands in it under its own title, no number is left out."""

import re
from pathlib import Path

from ingest.scenario import reading
from tests.scenarios.telling import FILES

ROOT = Path(__file__).parent.parent.parent
ROW = re.compile(r"^\| (\d+|-) \| (.+?) \| `([^`]+)` \|$", re.MULTILINE)
ROWS = ROW.findall((ROOT / "docs/scenarios.md").read_text())


def test_every_test_that_the_table_names_exists() -> None:
    missing = []
    for _, _, test in ROWS:
        name, _, function = test.partition("::")
        path = ROOT / name
        if not path.is_file() or (function and not re.search(rf"def {function}\(", path.read_text())):
            missing.append(test)

    assert missing == []


def test_every_number_has_a_test() -> None:
    assert {int(number) for number, _, _ in ROWS if number != "-"} == set(range(1, 52))


def test_every_scenario_file_stands_in_the_table_under_its_own_title() -> None:
    listed = {Path(test).stem: outcome for _, outcome, test in ROWS if test.endswith(".yaml")}

    assert listed == {name: reading.read(text).title for name, text in FILES.items()}
