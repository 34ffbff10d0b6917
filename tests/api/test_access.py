"""Access: who may ask, and what a refusal says."""

import httpx2


async def test_a_server_that_lives_says_so_to_anybody(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"alive": True})
