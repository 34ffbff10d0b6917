"""The audit of GraphQL over HTTP that its authors publish: every check passes, none with a warning."""

import json

from tests.clients.conftest import Node, Shop

CHECKS = 61


def test_every_check_of_the_audit_of_graphql_over_http_passes(node: Node, shop: Shop) -> None:
    checks = [json.loads(line) for line in node.passed("audit.js", shop.graphql, shop.key).splitlines()]

    assert [check for check in checks if check["status"] != "ok"] == []
    assert len(checks) == CHECKS
