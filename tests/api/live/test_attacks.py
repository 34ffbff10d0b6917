"""What an attack of malformed requests once found: each a 500, a stack in the log, or a hang of its own."""

import logging
import socket
from urllib.parse import urlsplit

import httpx2
import pytest

from tests import talking


@pytest.mark.parametrize("slug", ["a" * 3_000, "%00", "%ff", "%F0%9F%92%A9", "Default", "a..b", "-"])
async def test_a_webhook_of_what_is_no_workspaces_name_is_404(client: httpx2.AsyncClient, slug: str) -> None:
    """A name longer than its column was a fault of ours, and NUL one of PostgreSQL's."""
    answer = await client.post(f"/webhooks/stripe/{slug}", content=b"{}", headers={"stripe-signature": "t=1,v1=a"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["/graphql", "/track/click", "/webhooks/stripe"])
async def test_who_leaves_in_the_middle_of_a_body_is_no_fault_of_ours(
    served: str, test_key: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever hung up wrote a stack into the log, and was counted as a 500."""
    address = urlsplit(served)
    head = [f"POST {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {test_key}", "Content-Type: application/json", "Content-Length: 99"]
    sent = "\r\n".join([*head, "", "{"])
    with caplog.at_level(logging.INFO):
        with socket.create_connection((address.hostname, address.port)) as caller:
            caller.sendall(sent.encode())
        await talking.until(lambda: "'status': 499" in caplog.text)

    assert "unforeseen" not in caplog.text
