"""Contracts over the whole tree: what every file, requirement and wheel of this project keeps."""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("api", "schema", "resolvers", "ingest")
LINES = 300


def tracked() -> list[Path]:
    """The files of this tree, as git knows them; all of them where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a checkout")
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def sources() -> Iterator[tuple[str, str]]:
    """Python files by name, with their text."""
    for path in tracked():
        if path.suffix == ".py":
            yield path.relative_to(ROOT).as_posix(), path.read_text()


def texts() -> Iterator[tuple[str, str]]:
    for path in tracked():
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text()
        except UnicodeDecodeError:
            continue  # a picture or a recorded body


def project() -> dict[str, object]:
    settings: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return settings


def test_every_module_says_what_it_is_for() -> None:
    silent = [name for name, text in sources() if text and not ast.get_docstring(ast.parse(text)) and "/migrations/" not in name]

    assert silent == []


def test_every_init_is_empty() -> None:
    assert [name for name, text in sources() if name.endswith("__init__.py") and text] == []


def test_a_file_that_passes_300_lines_is_a_room() -> None:
    long = {name for name, text in sources() if text.count("\n") > LINES and "/migrations/" not in name}

    assert long == set()


def test_no_name_says_nothing() -> None:
    empty = re.compile(r"(^|[_/])(utils?|helpers?|services?|managers?|base|common|misc)([_/.]|$)")

    assert [name for name, _ in sources() if empty.search(name)] == []


def test_nothing_below_the_edge_reads_the_environment() -> None:
    reads = re.compile(r"\bos\.environ\b|\bos\.getenv\b|\bfrom os import .*environ")
    readers = [name for name, text in sources() if name.startswith(PACKAGES) and reads.search(text)]

    assert set(readers) <= {"api/settings.py"}


def test_no_registry_and_no_path_of_a_machine_stands_in_the_tree() -> None:
    registries = ["pypi" + ".org", "pythonhosted" + ".org", "registry." + "npmjs", "registry." + "yarnpkg"]
    machine = "|".join(re.escape(f"/{folder}/") for folder in ("work", "root", "home", "Users"))
    forbidden = re.compile("|".join(map(re.escape, registries)) + rf"|(?<![\w.\-/])(?:{machine})\w")

    found = [f"{name}: {match[0]}" for name, text in texts() if (match := forbidden.search(text))]

    assert found == []


def test_the_wheel_asks_for_what_the_requirements_pin() -> None:
    named = (ROOT / "requirements/runtime.in").read_text().split()

    assert sorted(project()["dependencies"]) == sorted(named)  # type: ignore[call-overload]  # TOML has no types


@pytest.mark.parametrize("name", ["runtime", "build", "development"])
def test_every_requirement_is_pinned_by_hash(name: str) -> None:
    pins = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n?", "", (ROOT / f"requirements/{name}.txt").read_text()).strip())

    assert pins
    assert [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


def test_no_dependency_ships_a_package_of_our_names() -> None:
    takers = {
        f"{distribution.name}: {top}"
        for distribution in importlib.metadata.distributions()
        if distribution.name != "clickledger"
        for top in {file.parts[0].removesuffix(".py") for file in distribution.files or [] if file.suffix == ".py"} & {*PACKAGES, "tests"}
    }

    assert takers == set()


def test_a_changelog_has_a_place_for_what_comes() -> None:
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text()


def test_every_make_target_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"(?m)^\.PHONY: (.*)$", makefile)

    assert phony is not None
    assert set(re.findall(r"(?m)^([a-z-]+):.*## \S", makefile)) == set(phony[1].split())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names inside a wheel built of this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # where the build backend looks for its program
    subprocess.run([*command, "--disable-pip-version-check"], check=True, env={**os.environ, "PATH": path})
    (built,) = folder.glob("clickledger-*.whl")
    return zipfile.ZipFile(built).namelist()


def test_the_wheel_holds_every_module_and_nothing_of_the_workshop(wheel: list[str]) -> None:
    modules = {name for name, _ in sources() if name.startswith(PACKAGES)}
    strangers = [name for name in wheel if not name.startswith((*(f"{package}/" for package in PACKAGES), "clickledger-"))]

    assert modules - set(wheel) == set()
    assert strangers + [name for name in wheel if re.search(r"node_modules|package.*\.json|__pycache__|graphiql/src", name)] == []


def test_the_wheel_holds_what_is_served_and_migrated(wheel: list[str]) -> None:
    if not (ROOT / "api/graphiql/dist/index.html").exists():
        pytest.skip("the explorer is not built: make wheel builds it first")

    assert "api/graphiql/dist/index.html" in wheel
    assert any(re.fullmatch(r"ingest/migrations/0001_\w+\.py", name) for name in wheel)
    assert any(name.endswith("/script.js") for name in wheel)
    assert any(name.endswith("licenses/LICENSE") for name in wheel)
