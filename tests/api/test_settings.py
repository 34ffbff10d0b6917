"""Settings: what is read, and that a wrong value is one line that names it and repeats no secret."""

from dataclasses import fields

import pytest

from api import settings
from api.settings import ROWS, SettingError, Settings, load
from ingest.askers import Key

WRONG = {
    "DATABASE_URL": [
        "mysql://a/b",
        "clickledger.sqlite3",
        "sqlite:",
        "sqlite://",
        "postgres://host",
        "postgres://h:port/n",
        "postgres://[::1/n",
    ],
    "STRIPE_WEBHOOK_SECRET": ["hunter2", "whsec_", "whsec_a,we_hunter2", "sk_test_hunter2"],
    "STRIPE_API_KEY": [
        "hunter2",
        "sk_",
        "pk_test_hunter2",
        "whsec_hunter2",
        "sk_a,hunter2",
        "=sk_hunter2",
        "My Shop=sk_hunter2",
        "a=b=sk_hunter2",
    ],
    "CLICKLEDGER_ADMIN_KEY": ["hunter2", "clk_live_", "clk_live_a,hunter2", "clk_test_é"],
    "CLICKLEDGER_DOMAIN": ["https://go.example.com", "a b", "-a.com", "go.example.com/x", "a..b"],
    "STRIPE_API_BASE": ["api.stripe.com", "ftp://api.stripe.com", "https://"],
    "CLICKLEDGER_FX_SOURCE": ["a b", "hunter2"],
    "CLICKLEDGER_FX_FILE": ["/nowhere/hunter2.csv"],
    "CLICKLEDGER_FX_FEED": ["maybe"],
    "CLICKLEDGER_MAX_BODY": ["0", "-1", "1e6", "1MB", "٣٣٣٣٣"],
    "CLICKLEDGER_CORS_ORIGINS": ["*", "app.example.com", "https://app.example.com/path"],
    "CLICKLEDGER_GEOIP_FILE": ["/nowhere/hunter2.mmdb"],
    "PORT": ["http", "65536", "-1"],
    "LOG_LEVEL": ["loud"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_named_in_one_line_that_does_not_repeat_it(name: str, value: str) -> None:
    with pytest.raises(SettingError) as caught:
        load({name: value})

    said = str(caught.value)
    assert said.startswith(f"{name}: ")
    assert "\n" not in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("name", "value", "field", "meant"),
    [
        ("DATABASE_URL", "sqlite:///var/lib/a.sqlite3", "sqlite_path", "/var/lib/a.sqlite3"),
        ("DATABASE_URL", "sqlite://data/a%20b.sqlite3", "sqlite_path", "data/a b.sqlite3"),
        ("DATABASE_URL", "postgresql://me:hunter2@db:5432/name?sslmode=require", "database_shown", "postgresql://db:5432/name"),
        ("STRIPE_WEBHOOK_SECRET", " whsec_a, whsec_b ,,whsec_a", "webhook_secrets", ("whsec_a", "whsec_b")),
        ("STRIPE_API_KEY", "rk_live_a", "stripe_api_keys", (Key("rk_live_a"),)),
        ("STRIPE_API_KEY", "sk_a, shop=sk_b", "stripe_api_keys", (Key("sk_a"), Key("sk_b", "shop"))),
        ("CLICKLEDGER_FX_SOURCE", "oxr", "fx_source", "OXR"),
        ("CLICKLEDGER_DOMAIN", "GO.example.com", "public_url", "https://go.example.com"),
        ("CLICKLEDGER_DOMAIN", "localhost:8000", "public_url", "http://localhost:8000"),
        ("STRIPE_API_BASE", "http://127.0.0.1:1/", "stripe_api_base", "http://127.0.0.1:1"),
        ("CLICKLEDGER_CORS_ORIGINS", "https://App.example.com/", "cors_origins", ("https://app.example.com",)),
        ("PORT", " ", "port", 8000),
    ],
)
def test_a_value_means(name: str, value: str, field: str, meant: object) -> None:
    assert getattr(load({name: value}), field) == meant


def test_without_an_environment_every_setting_has_its_default_and_no_secret_has_one() -> None:
    chosen = load({})

    assert chosen == Settings()
    assert [row.name for row in ROWS if row.secret and row.default] == ["DATABASE_URL"]


def test_no_secret_is_shown_by_repr() -> None:
    secrets = {row.name: "clk_live_hunter2" for row in ROWS if row.secret} | {
        "DATABASE_URL": "postgres://me:hunter2@db/name",
        "STRIPE_WEBHOOK_SECRET": "whsec_hunter2",
        "STRIPE_API_KEY": "sk_live_hunter2,shop=sk_live_hunter2",
    }

    assert "hunter2" not in repr(load(secrets))


def test_every_field_is_a_row_with_a_meaning() -> None:
    assert {row.field for row in ROWS} == {item.name for item in fields(Settings)}
    assert [row.name for row in ROWS if not row.help.endswith(".") or not row.name.isupper()] == []


def test_what_a_command_line_says_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "1")
    monkeypatch.setenv("HOST", "0.0.0.0")

    chosen = settings.from_environment([("PORT", "2")])

    assert (chosen.port, chosen.host) == (2, "0.0.0.0")
