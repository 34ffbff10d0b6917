"""Stripe's API, as much of it as we ask: endpoints, the account, events and lists. Answers are plain JSON, never the library's objects.

Every call tries again after a limit (429), a fault of Stripe's (5xx) or of the network, waiting longer each time, and then gives up with a
typed error. Source: https://docs.stripe.com/error-low-level
"""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias
from urllib.parse import quote

from ingest.stripe import wire
from ingest.stripe.errors import Gone, KeyRefused, StripeRefused, TryLater

if TYPE_CHECKING:
    import stripe

Json: TypeAlias = dict[str, Any]

PAGE = 100
"""Objects asked for at once, the most that Stripe gives."""
LONGEST_WAIT_SECONDS = 30.0


class Api:
    """One key's view of Stripe. Use it as a context: it holds connections."""

    def __init__(
        self,
        key: str,
        *,
        base: str = "https://api.stripe.com",
        account: str | None = None,
        tries: int = 6,
        first_wait_seconds: float = 0.5,
    ) -> None:
        """`account` is a connected account that a platform's key asks for."""
        import aiohttp  # both by who asks: to load them takes a tenth of a start
        import stripe

        self._connections = stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=80))
        self._client = stripe.StripeClient(
            key,
            stripe_account=account,
            stripe_version=wire.API_VERSION,
            base_addresses={"api": base},
            max_network_retries=0,  # ours below also waits out a 429, which the library's do not
            http_client=self._connections,
        )
        self._refused, self._broken_off = stripe.StripeError, (aiohttp.ClientError, TimeoutError, OSError)
        self._tries, self._first_wait_seconds = tries, first_wait_seconds
        self.livemode = "_live_" in key[:8]
        """What the key says of itself: `sk_live_…`, `rk_test_…`."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        await self._connections.close_async()  # type: ignore[no-untyped-call]  # the library's own method has no annotations

    async def account(self) -> Json:
        """The account that the key belongs to."""
        return await self._ask("get", "/v1/account")

    async def endpoints(self) -> list[Json]:
        return [endpoint async for endpoint in self.objects("/v1/webhook_endpoints")]

    async def create_endpoint(self, *, url: str, events: Iterable[str], description: str, metadata: Mapping[str, str]) -> Json:
        """A new endpoint, pinned to our version; only this answer holds its secret."""
        return await self._ask(
            "post",
            "/v1/webhook_endpoints",
            url=url,
            enabled_events=list(events),
            api_version=wire.API_VERSION,
            description=description,
            metadata=dict(metadata),
        )

    async def update_endpoint(self, endpoint: str, *, url: str, events: Iterable[str]) -> Json:
        return await self._ask("post", f"/v1/webhook_endpoints/{endpoint}", url=url, enabled_events=list(events), disabled=False)

    async def delete_endpoint(self, endpoint: str) -> None:
        await self._ask("delete", f"/v1/webhook_endpoints/{endpoint}")

    async def invoice_payments(self, *, invoice: str | None = None, intent: str | None = None) -> list[Json]:
        """Which payments belong to an invoice, or which invoice an intent paid: the only link since the basil version."""
        asked: Json = {"invoice": invoice} if invoice else {"payment": {"type": "payment_intent", "payment_intent": intent}}
        return [payment async for payment in self.objects("/v1/invoice_payments", **asked)]

    async def sessions_of(self, intent: str) -> list[Json]:
        """The Checkout sessions of an intent, which names none itself."""
        return [session async for session in self.objects("/v1/checkout/sessions", payment_intent=intent)]

    async def charge(self, name: str) -> Json:
        """One charge, as it is now.

        Raises:
            Gone: there is none of that id.
        """
        return await self._ask("get", f"/v1/charges/{quote(name, safe='')}")

    async def objects(self, path: str, **asked: Any) -> AsyncIterator[Json]:
        """Everything in a list, newest first."""
        async for page in self.pages(path, **asked):
            for found in page:
                yield found

    async def pages(self, path: str, *, after: str | None = None, **asked: Any) -> AsyncIterator[list[Json]]:
        """A list page by page, newest first, from the object behind `after` on."""
        while True:
            position = {"starting_after": after} if after else {}
            answer = await self._ask("get", path, limit=PAGE, **asked, **position)
            page: list[Json] = answer["data"]
            if page:
                yield page
            if not answer.get("has_more") or not page:
                return
            after = page[-1]["id"]

    async def _ask(self, method: str, path: str, **params: Any) -> Json:
        options = {"idempotency_key": str(uuid.uuid4())} if method == "post" else {}
        for attempt in range(1, self._tries):
            try:
                return await self._once(method, path, {**params, **options})
            except TryLater as refused:
                await asyncio.sleep(self._wait_seconds(attempt, refused))
        return await self._once(method, path, {**params, **options})

    def _wait_seconds(self, attempt: int, refused: TryLater) -> float:
        """Twice as long each time, with a random part so that many clients do not return together; Stripe's own word counts first."""
        ours = self._first_wait_seconds * 2 ** (attempt - 1) * random.uniform(0.5, 1)  # noqa: S311  # not a secret
        return min(LONGEST_WAIT_SECONDS, refused.wait_seconds if refused.wait_seconds is not None else ours)

    async def _once(self, method: str, path: str, params: Json) -> Json:
        try:
            response = await self._client.raw_request_async(method, path, **params)
        except self._refused as error:
            raise _refusal(error) from error
        except self._broken_off as error:  # an answer that broke off: the library does not catch it
            raise TryLater(f"the answer broke off: {type(error).__name__}") from error
        found: Json = response.data
        return found


def _refusal(error: "stripe.StripeError") -> StripeRefused:
    """Our class for a refusal: by its status, since Stripe's error types overlap."""
    status = error.http_status
    message = error.user_message or type(error).__name__
    if status is None or status >= 500 or status in (409, 429):
        return TryLater(message, code=error.code, status=status, wait_seconds=_stated_wait_seconds(error.headers))
    kind = {401: KeyRefused, 403: KeyRefused, 404: Gone}.get(status, StripeRefused)
    return kind(message, code=error.code, status=status)


def _stated_wait_seconds(headers: Mapping[str, str] | None) -> float | None:
    stated = (headers or {}).get("Retry-After", "")
    return float(stated) if stated.isdecimal() else None
