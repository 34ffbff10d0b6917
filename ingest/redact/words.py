"""Taking a person out of evidence: what says who they are goes, what the money hangs on stays. Pure, and the same again changes nothing."""

import json
import re
from collections.abc import Mapping
from typing import Any

from ingest.redact.essence import Json, essence
from ingest.stripe.said import CLICK_NAMES, CUSTOMER_NAMES, PREFIXES
from ingest.text import escape

ERASED = "erased"
"""Stands where a malformed click id stood: it says no more than that there was one."""
_CONTACT = {"email", "customer_email", "receipt_email", "name", "customer_name", "country"}
_TOLD = {"customerName", "customerEmail", "customerAvatar", "name", "email", "avatar", "country", "metadata", "note"}
_CLICK_ID = re.compile(r"[0-9A-Za-z]{16}", re.ASCII)
Pseudonyms = Mapping[str, str]
"""The external ids of the person, as derived text, and what stands for each."""


def event(whole: Mapping[str, Any], pseudonyms: Pseudonyms) -> Json:
    """The event as it is read, without contact, address, free text or metadata; its ids, amounts, times and click ids are left."""
    redacted: Json = _object(essence(whole), pseudonyms)
    return redacted


def raw(body: Mapping[str, Any]) -> bytes:
    """The bytes to keep. As ASCII: a body may hold lone surrogates, which no other form can."""
    return json.dumps(body, separators=(",", ":")).encode()


def _object(value: Any, pseudonyms: Pseudonyms) -> Any:
    if isinstance(value, dict):
        fields = ((name, _field(name, inner, pseudonyms)) for name, inner in value.items() if name not in _CONTACT)
        return {name: inner for name, inner in fields if inner is not None or value[name] is None}
    return [_object(item, pseudonyms) for item in value] if isinstance(value, list) else value


def _field(name: str, value: Any, pseudonyms: Pseudonyms) -> Any:
    """What is left of a field; None where nothing is."""
    if name in CUSTOMER_NAMES:
        return pseudonyms.get(escape(value), value) if isinstance(value, str) else None
    if name in CLICK_NAMES:
        return _click(value) if isinstance(value, str) else None
    if name == "client_reference_id":
        return _reference(value) if isinstance(value, str) else None
    return _object(value, pseudonyms)


def _click(stated: str) -> str:
    return stated if not stated or _CLICK_ID.fullmatch(stated) else ERASED


def _reference(stated: str) -> str | None:
    prefix = next((each for each in PREFIXES if stated.startswith(each) and len(stated) > len(each)), None)
    return None if prefix is None else prefix + _click(stated.removeprefix(prefix))


def statement(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a statement without what it tells of a person. Its external id stands in a column of its own."""
    return {name: value for name, value in body.items() if name not in _TOLD}


def click(url: str) -> dict[str, Any]:
    """What a click's columns become: no browser, no place but the country, and no address that may carry words about the person."""
    gone = dict.fromkeys(("visitor", "anonymous_id", "region", "city", "referer_url"))
    return {**gone, "url": url.partition("?")[0].partition("#")[0]}
