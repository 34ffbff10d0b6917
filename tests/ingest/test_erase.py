"""A person is taken out of everything, for good, and no total moves. That evidence still makes this ledger, the fixture proves."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ingest import inbox, statements, workspaces
from ingest.backfill import reading
from ingest.backfill.intake import Outcome, Owner
from ingest.erase import Erased, erase
from ingest.errors import NotFound
from ingest.models.evidence import Click, StripeEvent
from ingest.models.people import Customer
from ingest.models.privacy import Erasure
from ingest.redact import suppression
from tests import story
from tests import stripe_events as stripe
from tests.story import PAID_AT, Books, Story
from tests.stripe_objects import NOON

ADA = ("ada@example.com", "Ada Lovelace", "user_ada", "12 Mill Lane", "+4420")
WHOM = {"email": "Ada@Example.com", "name": "Ada Lovelace"}


def week(click: str) -> list[dict[str, Any]]:
    """Ada subscribes, renews, is refunded, and buys once as a guest; Bob buys too."""
    carried = {"pimmsClickId": click, "pimmsCustomerId": "user_ada", "note": "12 Mill Lane"}
    later = NOON + 86_400
    return [
        stripe.session_completed(
            "cs_1", mode="subscription", subscription="sub_1", customer="cus_1", metadata=carried, phone="+4420", **WHOM
        ),
        stripe.invoice_paid("in_1", billing_reason="subscription_create", subscription="sub_1", charge="ch_1", era="acacia", **WHOM),
        stripe.invoice_paid(
            "in_2", billing_reason="subscription_cycle", subscription="sub_1", paid_at=later, charge="ch_2", era="acacia", **WHOM
        ),
        stripe.refund_created("re_1", charge="ch_2", amount=1_200),
        stripe.customer_updated("cus_1", metadata=carried, description="12 Mill Lane", **WHOM),
        stripe.session_completed("cs_2", intent="pi_2", amount=700, **WHOM),
        stripe.charge_succeeded("ch_9", intent="pi_2", amount=700, name="Ada Lovelace"),
        stripe.session_completed("cs_3", intent="pi_3", email="bob@example.com", name="Bob", metadata={"pimmsCustomerId": "user_bob"}),
    ]


async def told(tale: Story) -> Books:
    click = await tale.click(anonymous_id="anon_ada")
    await Click.filter(id=click).update(
        url="https://shop.example/?who=ada@example.com", city="Ada's town", referer_url="https://ada.example/"
    )
    await tale.click(days_before=2, anonymous_id="anon_ada")
    await tale.lead("user_ada", click, customerEmail="ada@example.com", customerName="Ada Lovelace", metadata={"plan": "12 Mill Lane"})
    await tale.hear(*week(click))
    sold = await tale.sale("user_ada", amount=300, metadata={"ship to": "12 Mill Lane"})
    act = {"payment": f"statement:{sold}", "clickId": click, "note": "Ada Lovelace rang"}
    await statements.record_attach(tale.workspace.id, False, act, at=PAID_AT)
    return await tale.settled()


async def ada(tale: Story) -> Customer:
    return await Customer.get(workspace_id=tale.workspace.id, external_id="user_ada")


async def removed(tale: Story, *, folder: Path | None = None) -> Erased:
    return await erase(tale.workspace.id, False, (await ada(tale)).id, by="key_1", folder=folder)


def money(books: Books) -> list[tuple[Any, ...]]:
    """What every total is made of."""
    names = ("id", "paid_at", "kind", "status", "gross_minor", "net_minor", "refunded_minor", "click_id", "link_id", "reason", "processor")
    return sorted(tuple(str(sale[name]) for name in names) for sale in books.sales)


async def test_nothing_of_the_person_is_left_and_every_total_is(database: str) -> None:
    tale = await story.begin()
    before = await told(tale)

    done = await removed(tale)

    after = await tale.settled()
    shown = (await story.everything()).lower()
    assert [name for name in ADA if name.lower() in shown] == []
    assert money(after) == money(before)
    assert len(after.leads) == len(before.leads)
    assert len(after.tables["Credit"]) == len(before.tables["Credit"])
    assert await story.failures() == []
    assert (done.events, done.statements, done.clicks, done.by) == (7, 3, 2, "key_1")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_no_byte_of_the_person_is_in_sqlites_file_or_in_the_log_beside_it_while_a_server_reads(database: str) -> None:
    path, tale = Path(database.removeprefix("sqlite://")), await story.begin()
    await told(tale)
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("SELECT count(*) FROM customer").fetchall()
        assert b"ada@example.com" in held(path)

        await removed(tale)

        assert [name for name in ADA if name.encode() in held(path)] == []


def held(path: Path) -> bytes:
    return path.read_bytes() + path.with_name(f"{path.name}-wal").read_bytes()


async def test_who_is_named_by_a_stripe_customer_alone_is_gone_too(database: str) -> None:
    """No claim is of the external id itself, so nothing that is read again wakes it; the ledger's fixture would show what stayed."""
    tale = await story.begin()
    await tale.hear(
        stripe.customer_updated("cus_1", metadata={"pimmsCustomerId": "user_ada"}, **WHOM),
        stripe.session_completed("cs_1", intent="pi_1", customer="cus_1", name="Ada Lovelace"),
    )
    before = await tale.settled()

    await removed(tale)

    after = await tale.settled()
    assert "user_ada" not in await story.everything()
    assert (len(after.tables["Customer"]), len(after.leads), money(after)) == (1, 1, money(before))


async def test_a_row_that_a_release_before_left_goes_when_it_is_asked_for_again(database: str) -> None:
    tale = await story.begin()
    await told(tale)
    left = await Customer.filter(external_id="user_ada").values()
    first = await removed(tale)
    await Customer.create(**left[0])

    again = await erase(tale.workspace.id, False, left[0]["id"], by="key_1")

    assert again == first
    assert "user_ada" not in await story.everything()


async def test_a_second_time_changes_nothing_and_says_the_same(database: str) -> None:
    tale = await story.begin()
    await told(tale)
    customer = (await ada(tale)).id
    first = await erase(tale.workspace.id, False, customer, by="key_1")
    evidence = await StripeEvent.all().order_by("id").values("id", "body", "tombstone")

    again = await erase(tale.workspace.id, False, customer, by="key_2")

    assert again == first
    assert await StripeEvent.all().order_by("id").values("id", "body", "tombstone") == evidence
    assert [(row.asked_by, row.finished_at is not None) for row in await Erasure.all()] == [("key_1", True)]


async def test_who_comes_again_is_redacted_before_anything_is_kept(database: str) -> None:
    tale = await story.begin()
    await told(tale)
    click = (await Click.all().order_by("-clicked_at"))[0].id
    await removed(tale)
    before = await tale.settled()

    again = [event | {"id": f"again_{number}"} for number, event in enumerate(week(click))]
    await tale.hear(*again)
    stored = (await story.everything()).lower()
    await tale.lead("user_ada", click, customerEmail="ada@example.com", customerName="Ada Lovelace")
    renewed = stripe.invoice_paid("in_3", subscription="sub_1", paid_at=NOON + 99_000, charge="ch_3", era="acacia", **WHOM)
    await tale.hear(renewed)
    after = await tale.settled()

    shown = (await story.everything()).lower()
    assert [name for name in ADA if name.lower() in stored + shown] == []
    assert {row[0]: row for row in money(before)}.items() <= {row[0]: row for row in money(after)}.items()
    new = [sale for sale in after.sales if sale["invoice_id"] == "in_3"]
    assert [(sale["click_id"], sale["customer_id"]) for sale in new] == [(click, renewing(before))]


async def test_a_backfill_of_a_person_who_was_erased_brings_nobody_back(database: str) -> None:
    tale = await story.begin()
    await told(tale)
    click = (await Click.all().order_by("-clicked_at"))[0].id
    await removed(tale)
    before = await tale.settled()
    account = await workspaces.primary_account(tale.workspace.id)
    whose = Owner(workspace_id=tale.workspace.id, account_id=account.id, source="backfill")
    objects = [{**event["data"]["object"], "livemode": False} for event in week(click)]

    tally = await reading.from_lines([json.dumps(each).encode() for each in objects], whose, livemode=False, tell=lambda _: None)
    after = await tale.settled()

    shown = (await story.everything()).lower()
    assert tally[Outcome.STORED] == len(objects)
    assert [name for name in ADA if name.lower() in shown] == []
    assert money(after) == money(before)


def renewing(books: Books) -> str:
    return str(next(sale["customer_id"] for sale in books.sales if sale["invoice_id"] == "in_2"))


async def test_others_keep_their_names(database: str) -> None:
    tale = await story.begin()
    await told(tale)

    await removed(tale)

    bob = await Customer.get(external_id="user_bob")
    assert (bob.email, bob.name) == ("bob@example.com", "Bob")


async def test_another_who_shares_an_address_keeps_the_id_and_the_money(database: str) -> None:
    tale = await story.begin()
    click = await tale.click()
    await told(tale)
    await tale.lead("user_eve", click, customerEmail="eve@example.com")
    await tale.hear(stripe.session_completed("cs_7", intent="pi_7", metadata={"pimmsCustomerId": "user_eve"}, **WHOM))
    before = await tale.settled()

    await removed(tale)

    after = await tale.settled()
    eve = await Customer.get(external_id="user_eve")
    assert eve.email == "eve@example.com"
    assert money(after) == money(before)
    assert "ada@example.com" not in (await story.everything()).lower()


async def test_a_guest_can_be_erased_and_stays_a_stranger(database: str) -> None:
    tale = await story.begin()
    await tale.hear(stripe.session_completed("cs_1", intent="pi_1", email=None, name="Ada Lovelace"))
    books = await tale.settled()
    guest = await Customer.get(name="Ada Lovelace")

    done = await erase(tale.workspace.id, False, guest.id, by="key_1")
    await tale.hear(stripe.charge_succeeded("ch_1", intent="pi_1", name="Ada Lovelace"))

    assert done.customer_id == guest.id
    assert [sale["gross_minor"] for sale in (await tale.settled()).sales] == [sale["gross_minor"] for sale in books.sales]
    assert "Ada Lovelace" not in await story.everything()


async def test_what_was_being_stored_meanwhile_or_waited_in_quarantine_is_redacted_before_it_is_read(database: str) -> None:
    tale = await story.begin()
    await told(tale)
    await removed(tale)
    event = stripe.customer_updated("cus_1", metadata={"pimmsCustomerId": "user_ada"}, **WHOM)
    account = (await workspaces.primary_account(tale.workspace.id)).id

    await inbox.store(stripe.raw(event | {"id": "evt_late"}), inbox.envelope(event), workspace_id=tale.workspace.id, account_id=account)
    await StripeEvent.filter(event_id=event["id"]).update(body=stripe.raw(event), tombstone=None)
    await tale.settled()

    assert "Ada Lovelace" not in await story.everything()


async def test_nobody_is_erased_by_the_name_of_another_workspace_or_mode(database: str) -> None:
    tale, other = await story.begin(), await story.begin("other")
    await told(tale)
    customer = (await ada(tale)).id

    for workspace_id, livemode in ((other.workspace.id, False), (tale.workspace.id, True)):
        with pytest.raises(NotFound):
            await erase(workspace_id, livemode, customer, by="key_1")

    assert await Customer.exists(id=customer)


async def test_who_dies_in_between_leaves_the_ledger_as_it_was_and_the_same_call_finishes(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tale = await story.begin()
    before = await told(tale)
    with monkeypatch.context() as broken:
        broken.setattr("ingest.erase.words.statement", lambda _: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            await removed(tale)
    assert (await tale.settled()).tables == before.tables

    await removed(tale)

    assert money(await tale.settled()) == money(before)
    assert "Lovelace" not in await story.everything()


async def test_clicks_put_aside_on_disk_go_too_and_late_ones_lose_the_browser(database: str, tmp_path: Path) -> None:
    tale = await story.begin()
    await told(tale)
    theirs = await Click.filter(anonymous_id="anon_ada").order_by("id").values_list("id", flat=True)
    refused = tmp_path / "refused.jsonl"
    refused.write_bytes(b'{"id": "%s"}\n{"id": "0000000000000000"}\n' % str(theirs[0]).encode())

    await removed(tale, folder=tmp_path)

    late = {"workspace_id": tale.workspace.id, "anonymous_id": "anon_ada", "url": "https://shop.example/?who=ada", "city": "Ada's town"}
    assert await suppression.of_late_clicks([late]) == [
        late | dict.fromkeys(("visitor", "anonymous_id", "region", "city", "referer_url")) | {"url": "https://shop.example/"}
    ]
    assert refused.read_bytes() == b'{"id": "0000000000000000"}\n'
    assert len(set(await Click.filter(id__in=list(theirs)).values_list("anonymous_id", flat=True))) == 1  # still one browser
