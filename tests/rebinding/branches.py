"""Static choices, with or without else, and names that one branch binds."""

from __future__ import annotations

import re
from collections.abc import Callable

from .body import Body, BranchName
from .expressions import static
from .types import TRUTH, Tape, Type, is_known, joined

Statements = Callable[[Body, int], None]


def branch(body: Body, statements: Statements) -> None:
    """`if` on a static condition."""
    condition = static(body, TRUTH, 1)
    if body.counters() and body.chance(0.4, "loop_conditions"):
        condition = f"{body.pick(body.counters())} {body.pick(['== 1', '% 2 == 0', '> 0'])}"
    entry, spoiled = dict(body.scope), set(body.spoiled)
    headers = [f"if {condition}:", "else:"][: body.pick([1, 2])]
    arms = [_arm(body, header, entry, statements) for header in headers]
    scopes = [scope for scope, _ in arms] + [entry] * (len(arms) == 1)
    bound = set().union(*(names for _, names in arms))
    reads = frozenset(re.findall(r"[A-Za-z_]\w*", condition))
    for name in sorted(bound):
        first, second = scopes[0].get(name), scopes[1].get(name)
        body.forget(name)
        if first is not None and second is not None:
            _bind_joined(body, name, first, second)
        elif name not in entry and name not in spoiled and not reads & bound:
            _keep(body, name, condition, reads, first, second)


def _arm(
    body: Body, line: str, scope: dict[str, Type], statements: Statements
) -> tuple[dict[str, Type], set[str]]:
    """One arm; what it leaves behind, and the names that it has bound."""
    body.write(line)
    with body.block(scope):
        start = len(body.lines)
        statements(body, 2)
        if len(body.lines) == start:
            body.write("pass")
        return dict(body.scope), set(body.bound)


def _bind_joined(body: Body, name: str, first: Type, second: Type) -> None:
    found = joined(first, second)
    if found is None:
        body.spoiled.add(name)
    else:
        body.bind(name, found)


def _keep(
    body: Body,
    name: str,
    condition: str,
    reads: frozenset[str],
    first: Type | None,
    second: Type | None,
) -> None:
    """A name of one arm may be taken up again where the condition holds again."""
    only = first if first is not None else second
    if only is None or not body.has("branch_names") or not is_known(only):
        return
    holds = condition if first is not None else f"not ({condition})"
    body.branch_names[name] = BranchName(holds, reads, only)


def using_branch_name(body: Body, statements: Statements) -> None:
    """Takes a branch's names up again under the same condition."""
    found = body.branch_names[body.pick(sorted(body.branch_names))]
    known = body.branch_names.items()
    also = {name: each.type for name, each in known if each.condition == found.condition}
    entry = dict(body.scope)
    arm, bound = _arm(body, f"if {found.condition}:", {**entry, **also}, statements)
    for name in sorted(bound):
        body.forget(name)
        if name in entry and name in arm:
            _bind_joined(body, name, arm[name], entry[name])
        elif name in arm and not found.reads & bound and is_known(arm[name]):
            if not isinstance(arm[name], Tape):
                body.branch_names[name] = BranchName(found.condition, found.reads, arm[name])
