"""`clickledger workspaces`: a second tenant, with keys of its own."""

from pathlib import Path

from tests.server import ran


def test_a_second_workspace_is_made_with_two_keys_and_its_domain(tmp_path: Path, database_url: str) -> None:
    made = ran(tmp_path, "workspaces", "create", "acme", "--domain", "Go.Acme.example", settings={"DATABASE_URL": database_url})
    shown = ran(tmp_path, "workspaces", "list", settings={"DATABASE_URL": database_url})
    taken = ran(tmp_path, "workspaces", "create", "other", "--domain", "go.acme.example", settings={"DATABASE_URL": database_url})
    refused = ran(tmp_path, "workspaces", "create", "Not A Slug", "--domain", "x.example", settings={"DATABASE_URL": database_url})

    assert [line.split("_")[1] for line in made.stdout.splitlines()[:2]] == ["live", "test"], made.stderr
    assert "go.acme.example" in shown.stdout
    assert "belongs to another workspace" in taken.stderr
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
