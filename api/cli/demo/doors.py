"""The demo's way into a server: its public front doors, over HTTP, and nothing else."""

import asyncio
import hashlib
import hmac
import time
from typing import Any

import aiohttp
import orjson

from api.cli.running import CommandError


class Doors:
    """A server's front doors, with the key and the webhook secret that open them."""

    def __init__(self, session: aiohttp.ClientSession, *, key: str, secret: str, workspace: str) -> None:
        self._session, self._secret, self._workspace = session, secret, workspace
        self._headers = {"authorization": f"Bearer {key}"}

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The `data` of a GraphQL answer.

        Raises:
            CommandError: the server refused the question.
        """
        answer = await self._post("/graphql", {"query": query, "variables": variables})
        if answer.get("errors"):
            raise CommandError(f"GraphQL said: {answer['errors'][0]['message']}")
        data: dict[str, Any] = answer["data"]
        return data

    async def track(self, what: str, **said: Any) -> dict[str, Any]:
        """POST /track/…"""
        return await self._post(f"/track/{what}", said)

    async def deliver(self, event: dict[str, Any]) -> None:
        """An event, signed as Stripe signs it."""
        body = orjson.dumps(event)
        moment = int(time.time())
        digest = hmac.new(self._secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        await self._send(f"/webhooks/stripe/{self._workspace}", body, {"stripe-signature": f"t={moment},v1={digest}"})

    async def visit(self, path: str, agent: str) -> int:
        """Follow a short link as a browser would, not on to its destination; the status."""
        async with self._session.get(path, allow_redirects=False, headers={"user-agent": agent}) as answer:
            return answer.status

    async def _post(self, path: str, said: Any) -> dict[str, Any]:
        return await self._send(path, orjson.dumps(said), self._headers)

    async def _send(self, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        for _ in range(20):
            async with self._session.post(path, data=body, headers={"content-type": "application/json", **headers}) as answer:
                if answer.status == 429:
                    await asyncio.sleep(float(answer.headers.get("retry-after", "1")))
                    continue
                found = await answer.read()
                if answer.status >= 400:
                    raise CommandError(f"POST {path} was answered {answer.status}: {found[:300].decode(errors='replace')}")
                parsed: dict[str, Any] = orjson.loads(found)
                return parsed
        raise CommandError(f"POST {path} was put off too often")
