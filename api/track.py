"""POST /track/click|visit|lead|sale: what a site reports.

Clicks and visits come from browsers and need no key; leads and sales need one.
"""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from api import access, bodies, capture, cors
from ingest import answers, hits, reports, statements
from ingest.errors import Invalid, NotFound
from ingest.geo import Place
from ingest.keys import Access
from ingest.reports import Report
from ingest.settle.scope import Scope
from ingest.targets import Target
from ingest.text import escape

SITE_SECONDS = 90 * 24 * 60 * 60


async def click(request: Request) -> Response:
    """A page was reached through a link's parameter: record the click and tell its id. With an admin key, also clicks of the past."""
    said = await bodies.json_object(request)
    importer = await access.require(request, "admin") if reports.imports(said) else None
    report = reports.read(said, now=capture.now())
    if report.key is None:
        raise Invalid("key", "REQUIRED", "is missing")
    target = await capture.of(request.app).targets.find(report.domain, report.key)
    if target is None or (importer is not None and importer.workspace_id != target.workspace_id):
        raise NotFound("link", escape(f"{report.domain}/{report.key}"))
    return await _recorded(request, target, report, importer)


async def visit(request: Request) -> Response:
    """A page was opened: a click where a link of the domain has the page's path for its key, else nothing."""
    said = await bodies.json_object(request)
    report = reports.read({name: value for name, value in said.items() if name not in reports.PAST}, now=capture.now())
    target = await capture.of(request.app).targets.find(report.domain, reports.page_key(report))
    return _json({"clickId": None}) if target is None else await _recorded(request, target, report, None)


async def lead(request: Request) -> Response:
    """Stored; answered 202 with `click: null` where the click id is not known yet."""
    asker = await access.require(request, "lead.write")
    row = await statements.record_lead(asker.workspace_id, asker.livemode, await bodies.json_object(request))
    request.app.state.settler.wake(Scope(asker.workspace_id, asker.livemode))
    answer = await answers.lead(row)
    return _json(answer, 202 if "clickId" in row.body and answer["click"] is None else 200)


async def sale(request: Request) -> Response:
    """Stored once for each `invoiceId`; said again, it is answered as the first time."""
    asker = await access.require(request, "sale.write")
    row = await statements.record_sale(asker.workspace_id, asker.livemode, await bodies.json_object(request))
    request.app.state.settler.wake(Scope(asker.workspace_id, asker.livemode))
    return _json(await answers.sale(row))


async def _recorded(request: Request, target: Target, report: Report, importer: Access | None) -> Response:
    if importer is None:
        cors.admit(request, target.allowed_hosts)
        if capture.untracked(request):
            return _json({"clickId": None})
    seen = await capture.of(request.app).seen(target, _hit(request, target, report, importer))
    await capture.record(request.app, seen)
    if importer is not None:
        return _json({"clickId": seen.id})
    click_id = seen.id if target.tracks and not seen.bot else None
    answer = _json({"clickId": click_id})
    domain = cors.site_domain(request)
    if click_id is not None and domain is not None:
        answer.set_cookie(capture.SITE_COOKIE, click_id, SITE_SECONDS, domain=domain, samesite="lax", secure=request.url.scheme == "https")
    return answer


def _hit(request: Request, target: Target, report: Report, importer: Access | None) -> hits.Hit:
    address = report.address if importer else capture.address(request)
    place = Place(country=report.country) if report.country else capture.of(request.app).atlas.locate(address)
    return hits.Hit(
        at=report.clicked_at or capture.now(),
        url=report.url or target.url,
        address=address,
        agent=(report.agent or "") if importer else request.headers.get("user-agent", ""),
        referer=report.referrer,
        anonymous_id=report.anonymous_id,
        recognised=report.anonymous_id is not None,
        place=place,
        trigger="link" if importer else "script",
        told=importer is not None,
    )


def _json(value: dict[str, Any], status: int = 200) -> Response:
    """ASCII, because what a site said may hold what UTF-8 cannot."""
    return Response(json.dumps(value), status, media_type="application/json", headers={"cache-control": "no-store"})


ROUTES: list[BaseRoute] = [
    Route("/track/click", cors.shared(click), methods=["POST", "OPTIONS"]),
    Route("/track/visit", cors.shared(visit), methods=["POST", "OPTIONS"]),
    Route("/track/lead", lead, methods=["POST"]),
    Route("/track/sale", sale, methods=["POST"]),
]
