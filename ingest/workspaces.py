"""Workspaces: the tenants, each with its primary account, its first rules, and what it may change about itself."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import available_timezones

from tortoise.transactions import in_transaction

from ingest import money, quotes
from ingest.credit.rules import Rules
from ingest.errors import Invalid, NotFound
from ingest.models.facts import Subject, SubjectKind
from ingest.models.workspace import Account, Domain, Ruleset, Workspace

DEFAULT = "default"
FALLBACK_DOMAIN = "*"
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_CONVERTING = {"currency", "fx_source"}
_HOST = re.compile(r"(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::\d{1,5})?")


def is_slug(text: str) -> bool:
    """Whether a workspace could be called so: nothing else is worth asking the database for, nor can all of it be asked."""
    return _SLUG.fullmatch(text) is not None


async def find(slug: str) -> Workspace:
    """The workspace of that slug.

    Raises:
        NotFound: there is none.
    """
    workspace = await Workspace.get_or_none(slug=slug) if is_slug(slug) else None
    if workspace is None:
        raise NotFound("workspace", slug)
    return workspace


async def primary_account(workspace_id: int) -> Account:
    """The account that a workspace's own endpoint speaks for."""
    return await Account.get(workspace_id=workspace_id, is_primary=True)


async def ensure(slug: str, *, name: str | None = None, fx_source: str = "ECB", domains: tuple[str, ...] = ()) -> Workspace:
    """The workspace of that slug, made whole if it is new: its primary account, its first rules, its domains.

    Any number of processes may call this at once: the first row decides, the others find it and its lock.

    Raises:
        Invalid: a slug that is not of lower-case letters, digits and `-`; a domain of another workspace.
    """
    if not is_slug(slug):
        raise Invalid("slug", "INVALID_SLUG", "a slug is 1 to 64 lower-case letters, digits and hyphens, no hyphen at an end")
    await Workspace.bulk_create([Workspace(slug=slug, name=name or slug, fx_source=fx_source)], ignore_conflicts=True)
    async with in_transaction():
        workspace = await Workspace.select_for_update().get(slug=slug)
        await _complete(workspace)
        await _own(workspace, domains)
    return workspace


async def _own(workspace: Workspace, domains: tuple[str, ...]) -> None:
    """Raises Invalid for a domain that is another workspace's."""
    await Domain.bulk_create([Domain(workspace_id=workspace.id, name=domain) for domain in domains], ignore_conflicts=True)
    for domain in await Domain.filter(name__in=list(domains)).exclude(workspace_id=workspace.id):
        raise Invalid("domain", "TAKEN", f"{domain.name} belongs to another workspace")


async def ensure_default(*, fx_source: str = "ECB", domain: str | None = None) -> Workspace:
    """The workspace that a server has from its first start: it owns the domain `*`, and `domain` where one is named."""
    domains = (FALLBACK_DOMAIN,) if domain is None else (FALLBACK_DOMAIN, domain)
    return await ensure(DEFAULT, name="Default", fx_source=fx_source, domains=domains)


async def _complete(workspace: Workspace) -> None:
    if not await Account.exists(workspace_id=workspace.id, is_primary=True):
        await Account.create(workspace_id=workspace.id, is_primary=True)
    if not await Ruleset.exists(workspace_id=workspace.id):
        rules = Rules()
        await Ruleset.create(workspace_id=workspace.id, effective_at=datetime.now(UTC), rules=rules.as_dict(), digest=rules.digest())


async def update(workspace_id: int, changes: Mapping[str, Any]) -> Workspace:
    """Change what a workspace may say of itself: name, currency, timezone, track_conversion, fx_source, allowed_hosts.

    Raises:
        Invalid: the first change that cannot be taken; nothing is changed then.
        NotFound: no such workspace.
    """
    checked = {field: _checked(field, value) for field, value in changes.items()}
    if checked:
        async with in_transaction():
            await Workspace.filter(id=workspace_id).update(**checked)
            if _CONVERTING & checked.keys():  # every sale is converted anew
                await Subject.filter(workspace_id=workspace_id, kind=SubjectKind.PAYMENT).update(dirty=True, next_try_at=None)
    workspace = await Workspace.get_or_none(id=workspace_id)
    if workspace is None:
        raise NotFound("workspace", str(workspace_id))
    return workspace


def _checked(field: str, value: Any) -> Any:
    if field not in _CHECKS:
        raise Invalid(field, "UNKNOWN_FIELD", "a workspace has no such field to change")
    return _CHECKS[field](value)


def _name(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= 190 or not value.isprintable():
        raise Invalid("name", "INVALID_NAME", "a name is 1 to 190 printable characters")
    return value.strip()


def _currency(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]{3}", value) or money.exponent(value.upper()) is None:
        raise Invalid("currency", "INVALID_CURRENCY", "a currency is a code of ISO 4217 such as USD")
    return value.upper()


def _timezone(value: Any) -> str:
    if not isinstance(value, str) or value not in available_timezones():
        raise Invalid("timezone", "INVALID_TIMEZONE", "a time zone is a name of the IANA database such as Europe/Berlin")
    return value


def _track_conversion(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid("trackConversion", "INVALID_BOOLEAN", "must be true or false")
    return value


def _fx_source(value: Any) -> str:
    if value not in quotes.SOURCES:
        raise Invalid("fxSource", "INVALID_SOURCE", f"a source of rates is one of {', '.join(quotes.SOURCES)}")
    return str(value)


def _allowed_hosts(value: Any) -> list[str]:
    if not isinstance(value, (list, tuple)) or len(value) > 1_000:
        raise Invalid("allowedHosts", "INVALID_HOSTS", "must be a list of host names, 1,000 at most")
    hosts = [host.strip().lower() if isinstance(host, str) else "" for host in value]
    for host in hosts:
        if len(host) > 253 or not _HOST.fullmatch(host):
            raise Invalid(
                "allowedHosts", "INVALID_HOST", "a host is a name such as www.example.com or *.example.com, without https:// or a path"
            )
    return sorted(set(hosts))


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "name": _name,
    "currency": _currency,
    "timezone": _timezone,
    "track_conversion": _track_conversion,
    "fx_source": _fx_source,
    "allowed_hosts": _allowed_hosts,
}
