"""The audit as Markdown; the data's way is a Mermaid diagram, which GitHub and the like draw."""

from __future__ import annotations

from fadc.analyses.schedule import Alternative, Enter, Repeat, Routine, Send, Steps, Work
from fadc.audit.record import Audit
from fadc.reports.audits import sections
from fadc.reports.costs.tables import Table, cheapest_lines, refusal


def audit_markdown(audit: Audit) -> str:
    """The whole page."""
    return (
        "\n\n".join([*_head(audit), *_certificate(audit), *_learned(audit), *_rest(audit)]) + "\n"
    )


def _head(audit: Audit) -> list[str]:
    facts = "\n".join(f"- {name}: {value}" for name, value in sections.facts(audit))
    return [f"# Audit of a derivative of `{audit.primal.name}`", sections.verdict(audit), facts]


def _certificate(audit: Audit) -> list[str]:
    certificate = audit.certificate
    objections = "\n".join(f"- {each}" for each in certificate.objections)
    return [
        "## 1. Closure certificate",
        sections.statement(audit),
        *([objections] if objections else []),
        _table(sections.mechanisms_table(audit)),
        _titled(sections.uses_table("Uses in the primal", certificate.primal)),
        _titled(sections.uses_table("Uses in the derivative", certificate.derivative)),
    ]


def _learned(audit: Audit) -> list[str]:
    notes = "\n".join(f"- {note}" for note in sections.mechanism_notes(audit))
    return [
        "## 2. What the server and the clients learn",
        notes,
        _titled(sections.exchanges_table(audit, "up")),
        _titled(sections.exchanges_table(audit, "down")),
    ]


def _rest(audit: Audit) -> list[str]:
    parts = ["## 3. What clients must remember"]
    for row in audit.rows:
        table = sections.memory_table(row)
        parts += [f"### {row.name}", _table(table) if table.rows else "Nothing."]
        parts.append(sections.memory_text(row))
    parts.append("## 4. Cost in all modes")
    parts += [_titled(table) for table in sections.cost_tables(audit)]
    notes = [*map(refusal, audit.costs.refused), *cheapest_lines(audit.costs, audit.best)]
    parts.append("\n".join(f"- {note}" for note in notes))
    parts.append("## 5. The data's way")
    for row in (audit.primal, *audit.rows):
        parts += [f"### {row.name}", f"```mermaid\n{mermaid(row.schedule.steps)}\n```"]
    return parts


def _titled(table: Table) -> str:
    return f"### {table.title}\n\n{_table(table)}"


def _table(table: Table) -> str:
    rows = (table.headings, tuple("---" for _ in table.headings), *table.rows)
    return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def mermaid(steps: Steps) -> str:
    """A sequence diagram of the messages and the clients' work."""
    lines = ["sequenceDiagram", "    participant Server", "    participant Clients"]
    return "\n".join([*lines, *_steps(steps, "    ", set())])


def _steps(steps: Steps, indent: str, shown: set[Routine]) -> list[str]:
    """The lines of steps; a call whose steps have been ``shown`` takes one line."""
    lines: list[str] = []
    for step in steps:
        match step:
            case Send(direction=direction):
                arrow = "Server->>Clients" if direction == "down" else "Clients->>Server"
                through = f"{step.mechanism}: " if step.mechanism else ""
                values = ", ".join(f"{held.name} {held.shape}" for held in step.items)
                lines.append(f"{indent}{arrow}: {through}{_plain(values)}")
            case Work(function=name) if name:
                lines.append(f"{indent}Note over Clients: {_plain(work_label(step))}")
            case Repeat(steps=inner, count=count):
                inside = _steps(inner, indent + "    ", shown)
                if inside:
                    lines += [f"{indent}loop {_plain(str(count))} in all", *inside, f"{indent}end"]
            case Alternative(then=then, orelse=orelse):
                for title, arm in (("one arm", then), ("the other arm", orelse)):
                    inside = _steps(arm, indent + "    ", shown)
                    if inside:
                        lines += [f"{indent}opt {title}", *inside, f"{indent}end"]
            case Enter(routine=routine) if routine not in shown:
                shown.add(routine)
                lines += _steps(routine.steps, indent, shown)
            case Enter(routine=routine) if routine.messages:
                lines.append(f"{indent}Note over Server,Clients: {_plain(again_label(routine))}")
    return lines


def again_label(routine: Routine) -> str:
    """The label of a call whose steps have been shown."""
    ways = (f"{routine.messages[way]} {way}" for way in ("down", "up") if routine.messages[way])
    return f"{routine.name} again, as above: {', '.join(ways)}"


def work_label(work: Work) -> str:
    """The label of client work: what is evaluated."""
    if work.backward:
        return f"pullback of {work.function}"
    return f"{work.function} and tangent" if work.tangent else work.function


def _plain(text: str) -> str:
    """Text without characters that have a meaning in Mermaid."""
    return text.replace(";", ",").replace("#", "no. ")
