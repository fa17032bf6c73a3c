"""The audit as JSON; its `certificate` is what `fadc audit --verify` reads."""

from __future__ import annotations

import json
from typing import Any

from fadc.audit.record import Audit, Exchange, drop_out
from fadc.cost.costs import Row
from fadc.reports.costs.json import cost_tree, row_tree

SCHEMA = 1


def audit_json(audit: Audit) -> str:
    """The whole audit."""
    return json.dumps(audit_tree(audit), indent=2, ensure_ascii=False) + "\n"


def audit_tree(audit: Audit) -> dict[str, Any]:
    """The audit as a tree of plain values."""
    return {
        "schema": SCHEMA,
        "certificate": audit.certificate.tree(),
        "server_learns": [_exchange(each) for each in audit.exchanges("up")],
        "clients_learn": [_exchange(each) for each in audit.exchanges("down")],
        "clients_remember": [_remembered(row) for row in audit.rows],
        "cost": cost_tree(audit.costs, audit.best),
        "links": {str(line): origin for line, origin in audit.links.items()},
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "computation": exchange.computation,
        "value": exchange.value.name,
        "role": exchange.value.role,
        "of": exchange.value.of,
        "shape": exchange.value.shape,
        "mechanism": exchange.mechanism or None,
        "contributions": str(exchange.times),
        "in_the_primal": str(exchange.before),
        "news": exchange.news,
        "line": exchange.line,
    }


def _remembered(row: Row) -> dict[str, Any]:
    return {
        "computation": row.name,
        "keeps": row_tree(row)["keeps"],
        "same_clients_again": row.same_clients,
        "drop_out": drop_out(row),
    }
