"""API keys: what is kept of one, what it opens, and how it ends."""

import pytest

from ingest import keys, workspaces
from ingest.errors import Invalid, NotFound
from ingest.keys import Access, Keyring, hint
from ingest.models.workspace import ApiKey, Workspace


@pytest.fixture
async def workspace(database: str) -> Workspace:
    return await workspaces.ensure_default()


async def make(workspace: Workspace, *, livemode: bool = True) -> tuple[ApiKey, str]:
    return await keys.create(workspace_id=workspace.id, livemode=livemode, scopes=["write", "read"], name="a key")


@pytest.mark.parametrize(("livemode", "prefix"), [(True, "clk_live_"), (False, "clk_test_")])
async def test_a_key_opens_what_it_was_made_for(workspace: Workspace, livemode: bool, prefix: str) -> None:
    key, plaintext = await make(workspace, livemode=livemode)

    assert plaintext.startswith(prefix)
    assert await keys.find(plaintext) == Access(workspace.id, livemode, frozenset({"read", "write"}), key.id)


async def test_only_a_digest_and_a_hint_are_kept(workspace: Workspace) -> None:
    key, plaintext = await make(workspace)

    (row,) = await ApiKey._meta.db.execute_query_dict("SELECT * FROM api_key")

    secret = plaintext.removeprefix("clk_live_")
    assert len(secret) == 43  # 256 bits in base 64
    assert all(secret[start : start + 8] not in str(value) for value in dict(row).values() for start in range(len(secret) - 7))
    assert key.hint == f"{plaintext[:13]}…{plaintext[-4:]}"


def test_of_a_short_key_the_hint_shows_nothing_but_its_kind() -> None:
    assert hint("clk_test_secret") == "clk_test_…"


async def test_a_key_that_nobody_made_opens_nothing(workspace: Workspace) -> None:
    _, plaintext = await make(workspace)

    assert [await keys.find(wrong) for wrong in ("", "clk_live_x", plaintext + "x", plaintext[:-1], "\ud800")] == [None] * 5


async def test_a_revoked_key_stays_revoked(workspace: Workspace) -> None:
    key, plaintext = await make(workspace)

    first = await keys.revoke(workspace.id, key.id)
    second = await keys.revoke(workspace.id, key.id)
    again = await keys.register(plaintext, workspace_id=workspace.id, scopes=["admin"], name="again")

    assert await keys.find(plaintext) is None
    assert first.revoked_at == second.revoked_at == again.revoked_at is not None
    assert [listed.id for listed in await keys.listed(workspace.id)] == [key.id]


async def test_a_key_is_revoked_only_by_its_workspace_and_mode(workspace: Workspace) -> None:
    other = await workspaces.ensure("other")
    key, plaintext = await make(workspace)

    with pytest.raises(NotFound):
        await keys.revoke(other.id, key.id)
    with pytest.raises(NotFound):
        await keys.revoke(workspace.id, key.id, livemode=False)

    assert await keys.find(plaintext) is not None
    assert await keys.listed(other.id) == await keys.listed(workspace.id, livemode=False) == []


@pytest.mark.parametrize(
    ("scopes", "name", "field"), [([], "a", "scopes"), (["root"], "a", "scopes"), (["read"], " ", "name"), (["read"], "a" * 191, "name")]
)
async def test_a_key_without_scopes_or_name_is_refused(workspace: Workspace, scopes: list[str], name: str, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        await keys.create(workspace_id=workspace.id, livemode=True, scopes=scopes, name=name)

    assert caught.value.field == field
    assert await ApiKey.all().count() == 0


async def test_a_keyring_forgets_what_it_found_and_remembers_nothing_that_it_did_not(workspace: Workspace) -> None:
    ring, (key, plaintext) = Keyring(life_seconds=60), await make(workspace)
    assert await ring.find("clk_live_later") is None
    await keys.register("clk_live_later", workspace_id=workspace.id, scopes=["read"], name="later")

    later, first = await ring.find("clk_live_later"), await ring.find(plaintext)
    await keys.revoke(workspace.id, key.id)
    known, ring.life_seconds = await ring.find(plaintext), 0.0
    fresh = [await Keyring(life_seconds=0.0).find(plaintext), await keys.find(plaintext)]

    assert later is not None
    assert first == known is not None
    assert fresh == [None, None]


async def test_a_keyring_does_not_grow_for_ever(workspace: Workspace) -> None:
    ring = Keyring(life_seconds=60, size=2)

    for number in range(5):
        await keys.register(f"clk_live_{number}", workspace_id=workspace.id, scopes=["read"], name="a")
        assert await ring.find(f"clk_live_{number}") is not None

    assert len(ring._known) == 2
