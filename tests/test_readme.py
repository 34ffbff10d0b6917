"""The README tells the truth: every setting, command and target in it is real, and every one that is real is in it."""

import re
from pathlib import Path

import click
import pytest
import typer

from api.cli.main import app
from api.settings import ROWS

README = (Path(__file__).parents[1] / "README.md").read_text()
MAKEFILE = (Path(__file__).parents[1] / "Makefile").read_text()
COMMANDS: dict[str, click.Command] = dict(getattr(typer.main.get_command(app), "commands", {}))


def test_the_settings_table_is_the_settings() -> None:
    table = ["| setting | default | meaning |", "|---|---|---|"]
    table += [f"| `{row.name}` | {f'`{row.default}`' if row.default else ''} | {row.help} |" for row in ROWS]

    assert "<!-- settings -->\n" + "\n".join(table) + "\n<!-- /settings -->" in README


def test_the_commands_table_names_every_command() -> None:
    assert set(re.findall(r"^\| `clickledger ([a-z]+)` \|", README, re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("line", sorted(set(re.findall(r"^    (?:[A-Z_]+=\S+ )*(clickledger .+)$", README, re.MULTILINE))))
def test_a_command_line_of_the_readme_parses(line: str) -> None:
    words = line.split()[1:]
    command: click.Command = COMMANDS[words.pop(0)]
    while isinstance(command, click.Group) or hasattr(command, "commands"):
        command = getattr(command, "commands")[words.pop(0)]  # noqa: B009  # Typer's own group type is not exported

    assert command.make_context("readme", words, resilient_parsing=False)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"make ([a-z]+)`?$|`make ([a-z]+)`", README, re.MULTILINE)), key=str))
def test_a_make_target_of_the_readme_exists(target: tuple[str, str]) -> None:
    assert re.search(rf"^{target[0] or target[1]}:", MAKEFILE, re.MULTILINE)
