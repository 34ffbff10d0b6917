"""Traffic at a server's front doors: visitors, a site and Stripe, who each come again until they are answered, as they would.

What was answered is remembered: that is what a crash may not lose.
"""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests import stripe_events
from tests.capturing import CHROME
from tests.conftest import TEST_KEY, WEBHOOK_SECRET
from tests.crash import lives
from tests.stripe_objects import Json

KEY = "spring"
LINK = f"/{KEY}"
AT_ONCE = 6


@dataclass(frozen=True)
class Sent:
    """One request that is made until it is answered."""

    kind: str
    """click, event, lead or sale."""
    name: str
    """What it is found by in the evidence: an event's id, a lead's external id, a sale's invoice; a click's visitor."""
    life: int
    body: Any = None


@dataclass
class Traffic:
    """Everything said to one installation over all the lives of its server."""

    seed: int = 0
    waiting: list[Sent] = field(default_factory=list)
    acknowledged: dict[str, set[str]] = field(default_factory=lambda: {"click": set(), "event": set(), "lead": set(), "sale": set()})
    events: list[Json] = field(default_factory=list)
    clicks: dict[int, str] = field(default_factory=dict)
    """Life -> the click that its visitor carried away."""
    expected: set[tuple[str, int, int, str]] = field(default_factory=set)
    """(currency, gross, net, click) of each sale."""
    redelivered: int = 0
    begun: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def begin(self, count: int = 1) -> None:
        """So many more customers come along."""
        for number in range(self.begun, self.begun + count):
            self.waiting.append(Sent("click", f"visitor {number}", number))
        self.begun += count

    @property
    def total(self) -> int:
        """Facts that were acknowledged."""
        return sum(len(names) for names in self.acknowledged.values())

    async def flow(self, *urls: str, at_once: int = AT_ONCE, patience: float = 20.0) -> bool:
        """Send what waits, to these servers in turn, and what follows from it; False where one of them stopped answering."""
        async with _visitors(patience) as client:
            while self.waiting:
                self._random.shuffle(self.waiting)
                if not await self._send(client, urls, at_once):
                    return False
        return True

    async def trickle(self, url: str, calm: Callable[[], Awaitable[None]]) -> bool:
        """The same one by one, each once it is calm after the one before, and last what tells that two payments are one."""
        async with _visitors() as client:
            while self.waiting:
                self._random.shuffle(self.waiting)
                self.waiting.sort(key=_joins)
                if not await self._send(client, [url], at_once=1):
                    return False
                await calm()
        return True

    async def _send(self, client: httpx2.AsyncClient, urls: Sequence[str], at_once: int) -> bool:
        """The first that wait, together; what is not answered waits on."""
        sending, self.waiting = self.waiting[:at_once], self.waiting[at_once:]
        answered = await asyncio.gather(*(self._deliver(client, self._random.choice(urls), each) for each in sending))
        self.waiting += [each for each, answer in zip(sending, answered, strict=True) if not answer]
        self.redelivered += answered.count(False)
        return all(answered)

    async def visit(self, url: str) -> None:
        """Have each click that waits tried once."""
        clicks = [each for each in self.waiting if each.kind == "click"]
        self.waiting = [each for each in self.waiting if each.kind != "click"]
        async with httpx2.AsyncClient(timeout=20.0) as client:
            answered = await asyncio.gather(*(self._deliver(client, url, each) for each in clicks))
        self.waiting += [each for each, answer in zip(clicks, answered, strict=True) if not answer]

    async def everything(self, *urls: str, attempts: int = 100) -> None:
        """Come again until all is answered."""
        for _ in range(attempts):
            if await self.flow(*urls):
                return
            await asyncio.sleep(0.2)
        raise AssertionError(f"never answered: {self.waiting[:5]}")

    async def _deliver(self, client: httpx2.AsyncClient, url: str, each: Sent) -> bool:
        try:
            answer = await _request(client, url, each)
        except httpx2.TransportError:
            return False
        if each.kind == "click":
            return self._clicked(each, answer)
        if answer.status_code not in (200, 202):
            assert answer.status_code >= 500, (each, answer.status_code, answer.text)
            return False
        self.acknowledged[each.kind].add(each.name)
        return True

    def _clicked(self, each: Sent, answer: httpx2.Response) -> bool:
        if answer.status_code != 302:
            assert answer.status_code >= 500, (each, answer.status_code, answer.text)
            return False
        click_id = parse_qs(urlsplit(answer.headers["location"]).query)["pimms_id"][0]
        self.acknowledged["click"].add(click_id)
        self.clicks[each.life] = click_id
        self._live(each.life, lives.life(each.life, click_id))
        return True

    def _live(self, number: int, life: lives.Life) -> None:
        self.events += life.events
        self.expected.add((*life.expected, self.clicks[number]))
        self.waiting += [Sent("event", event["id"], number, event) for event in life.events]
        self.waiting += [Sent("lead", lead["externalId"], number, lead) for lead in life.leads]
        self.waiting += [Sent("sale", sale["invoiceId"], number, sale) for sale in life.sales]
        again = self._random.choice(life.events)
        self.waiting.append(Sent("event", again["id"], number, again))


def _visitors(patience: float = 20.0) -> httpx2.AsyncClient:
    """Strangers each: no cookie of one visitor is another's."""
    strangers = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return httpx2.AsyncClient(limits=httpx2.Limits(max_connections=AT_ONCE), timeout=patience, cookies=strangers)


def _joins(each: Sent) -> bool:
    return each.kind == "event" and each.body["type"] == "invoice_payment.paid"


async def _request(client: httpx2.AsyncClient, url: str, each: Sent) -> httpx2.Response:
    if each.kind == "click":
        return await client.get(url + LINK, headers={"user-agent": f"{CHROME} Visit/{each.life}"})
    if each.kind == "event":
        body = stripe_events.raw(each.body)
        signature = stripe_events.sign(body, WEBHOOK_SECRET)
        return await client.post(f"{url}/webhooks/stripe", content=body, headers={"stripe-signature": signature})
    authorization = {"authorization": f"Bearer {TEST_KEY}", "content-type": "application/json"}
    return await client.post(f"{url}/track/{each.kind}", content=json.dumps(each.body), headers=authorization)
