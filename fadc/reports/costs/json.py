"""The cost report as JSON, documented in `docs/cost.md`; changes to it increment `SCHEMA`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from fadc.analyses.schedule import Send
from fadc.analyses.sizes import Size
from fadc.analyses.work import Evaluations
from fadc.cost.cheapest import Cheapest
from fadc.cost.costs import Amount, Costs, Memory, Refused, Row, Variant

SCHEMA = 1


def cost_json(costs: Costs, best: Cheapest) -> str:
    """The whole report."""
    return json.dumps(cost_tree(costs, best), indent=2, ensure_ascii=False) + "\n"


def cost_tree(costs: Costs, best: Cheapest) -> dict[str, Any]:
    """The report as a tree of plain values."""
    from fadc import __version__

    return {
        "schema": SCHEMA,
        "fadc": __version__,
        "file": costs.path,
        "computation": costs.primal.name,
        "wrt": list(costs.wrt),
        "dtype": costs.values.dtype,
        "dims": costs.values.all,
        "prices": asdict(costs.prices),
        "unknown": list(costs.unknown),
        "rows": [row_tree(row) for row in costs.rows],
        "refused": [_refused(each) for each in costs.refused],
        "cheapest": {
            "plans": [_plan(c.row.plan) for c in best.candidates],
            "depends_on": list(best.depends),
        },
    }


def row_tree(row: Row) -> dict[str, Any]:
    """The cost of one computation."""
    return {
        **_plan(row.plan),
        "computation": row.name,
        "kind": row.kind,
        "rounds": {"text": str(row.traffic.rounds), "value": row.rounds},
        "down": _amount(row.down),
        "up": _amount(row.up),
        "messages": [_message(send) for send in row.schedule.sends],
        "keeps": [_kept(each) for each in row.memory],
        "same_clients_again": row.same_clients,
        "extra_work": {name: _work(found) for name, found in row.work.items()},
    }


def _plan(plan: Variant | None) -> dict[str, Any]:
    if plan is None:
        return {"mode": None, "residuals": None}
    return {"mode": plan.mode, "residuals": plan.residuals}


def _amount(amount: Amount) -> dict[str, Any]:
    return {"elements": str(amount.elements), "bytes": amount.bytes}


def _message(send: Send) -> dict[str, Any]:
    return {
        "direction": send.direction,
        "primitive": send.primitive,
        "mechanism": send.mechanism or None,
        "line": send.span.start_line,
        "sweep": send.sweep.value,
        "times": str(send.count),
        "values": [
            {"name": held.name, "role": held.role, "of": held.of, "elements": str(held.size)}
            for held in send.items
        ],
    }


def _kept(memory: Memory) -> dict[str, Any]:
    found = memory.kept
    return {
        "name": found.value.name,
        "role": found.value.role,
        "function": found.value.origin or None,
        "line": found.value.span.start_line,
        "copies": str(found.copies),
        "elements": None if memory.amount is None else str(memory.amount.elements),
        "bytes": None if memory.amount is None else memory.amount.bytes,
        "until": {"line": found.until.start_line, "sweep": found.sweep.value},
    }


def _work(found: Evaluations) -> Mapping[str, str]:
    counts = {"forward": found.forward, "tangent": found.tangent, "backward": found.backward}
    return {name: str(count) for name, count in counts.items() if count != Size()}


def _refused(refused: Refused) -> dict[str, Any]:
    return {
        **_plan(refused.plan),
        "diagnostics": [{"code": d.code, "message": d.message} for d in refused.diagnostics],
        "message": refused.message or None,
    }
