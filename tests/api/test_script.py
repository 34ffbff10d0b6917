"""The script as it is served. What it does in a browser is shown in tests/browser."""

import gzip

import httpx2


async def test_the_script_is_under_two_kilobytes_compressed_and_any_page_may_load_it(client: httpx2.AsyncClient) -> None:
    async with client.stream("GET", "/script.js", headers={"accept-encoding": "gzip"}) as answer:
        packed = b"".join([part async for part in answer.aiter_raw()])

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert len(packed) < 2_000
    assert b"pimms_id" in gzip.decompress(packed)
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_a_browser_that_has_the_script_is_told_so(client: httpx2.AsyncClient) -> None:
    first = await client.get("/script.js", headers={"accept-encoding": "identity"})
    again = await client.get("/script.js", headers={"if-none-match": first.headers["etag"]})

    assert (first.status_code, "content-encoding" in first.headers) == (200, False)
    assert (again.status_code, again.content) == (304, b"")
