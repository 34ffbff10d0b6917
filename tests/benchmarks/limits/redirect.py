"""The limit of following a link: a redirect and nothing else."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def _follow(_: Request) -> Response:
    return Response(status_code=302, headers={"location": "https://shop.example/page/1?color=blue"})


def create(_: str) -> Starlette:
    return Starlette(routes=[Route("/{key:path}", _follow, methods=["GET"])])
