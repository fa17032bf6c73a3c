"""The audit as sentences and tables, for the formats that people read."""

from __future__ import annotations

from fadc.audit.certificate import STATEMENT, Side
from fadc.audit.record import Audit, Exchange, drop_out
from fadc.audit.uses import Crossing
from fadc.cost.costs import Row
from fadc.reports.costs.tables import Table, clients_table, messages_table

MEANINGS = {
    "": "",
    "sum": "plain aggregation: whoever aggregates sees each client's contribution",
}


def verdict(audit: Audit) -> str:
    """The verdict: whether the certificate's statement is proven."""
    if not audit.certificate.holds:
        return "Not proven: see the objections below."
    uploads = [each for each in audit.exchanges("up") if each.news != "as in the primal"]
    again = len({(each.value.role, each.value.of) for each in uploads})
    count = {0: "no upload", 1: "1 upload"}.get(again, f"{again} uploads")
    through = ", ".join(f"`{name}`" for name in audit.certificate.derivative.mechanisms)
    return f"Closed. {count} beyond the primal's{f', all through {through}' if again else ''}."


def facts(audit: Audit) -> tuple[tuple[str, str], ...]:
    """The facts about the audited derivative: source, options, hashes."""
    certificate = audit.certificate
    files = dict.fromkeys((*certificate.primal.files, *certificate.derivative.files))
    return (
        ("Program", f"{certificate.source}, `{audit.primal.name}`"),
        ("Derivative", f"{audit.plan.label}, with respect to {', '.join(audit.costs.wrt)}"),
        ("Source", f"sha256 {certificate.source_hash}"),
        *(("Imported file", f"`{name}`, sha256 {sha256}") for name, sha256 in files),
        ("Emitted text", f"sha256 {certificate.emitted_hash}"),
        ("fadc", certificate.version),
    )


def statement(audit: Audit) -> str:
    """The statement of the certificate."""
    return STATEMENT if audit.certificate.holds else "The following is missing in the proof."


def mechanisms_table(audit: Audit) -> Table:
    """The primitives and mechanisms of both programs."""
    rows = [
        (title, ", ".join(_primitives(side)), ", ".join(side.mechanisms) or "none")
        for title, side in _sides(audit)
    ]
    return Table("Primitives and mechanisms", ("program", "primitives", "mechanisms"), tuple(rows))


def _sides(audit: Audit) -> tuple[tuple[str, Side], ...]:
    return (("primal", audit.certificate.primal), ("derivative", audit.certificate.derivative))


def _primitives(side: Side) -> list[str]:
    return list(dict.fromkeys(use.primitive for use in side.uses))


def uses_table(title: str, side: Side) -> Table:
    """Every use, with its line."""
    rows = tuple((use.function, str(use.line), _way(use), use.code) for use in side.uses)
    return Table(title, ("computation", "line", "way", "code"), rows)


def _way(use: Crossing) -> str:
    return "down" if use.direction == "down" else f"up, {use.mechanism}"


def exchanges_table(audit: Audit, direction: str) -> Table:
    """The values that one side learns."""
    up = direction == "up"
    title = "Uploads" if up else "Broadcasts"
    through = ("mechanism",) if up else ()
    times = "contributions of a client" if up else "times"
    headings = ("computation", "value", "shape", *through, times, "against the primal", "line")
    rows = tuple(_exchange(each, up) for each in audit.exchanges(direction))
    return Table(title, headings, rows)


def _exchange(each: Exchange, up: bool) -> tuple[str, ...]:
    news = each.news
    if news == "sent again":
        news = f"sent again: {each.before} in the primal"
    through = (each.mechanism,) if up else ()
    return (
        each.computation,
        each.what,
        each.value.shape,
        *through,
        str(each.times),
        news,
        str(each.line),
    )


def mechanism_notes(audit: Audit) -> tuple[str, ...]:
    """Notes on what the server sees of an upload, by mechanism."""
    return tuple(
        f"`{name}`: {MEANINGS.get(name, 'what this mechanism shows of a sum or a mean, no more')}."
        for name in audit.certificate.derivative.mechanisms
    )


def memory_table(row: Row) -> Table:
    """The values that clients remember in one computation, and for how long."""
    rows = []
    for each in row.memory:
        value, until = each.kept.value, each.kept.until
        size = "what JAX keeps" if each.amount is None else str(each.amount.elements)
        rows.append(
            (
                f"{value.name}",
                f"the pullback of `{value.origin}`" if value.role == "pullback" else value.role,
                str(each.kept.copies),
                size,
                f"line {value.span.start_line}",
                f"line {until.start_line}, {each.kept.sweep.value} sweep",
            )
        )
    headings = ("value", "what", "at a time", "elements", "made at", "last used at")
    return Table("Kept between rounds", headings, tuple(rows))


def memory_text(row: Row) -> str:
    """Whether clients must come back, and what happens if one does not."""
    again = {"no": "The clients answer in one round only."}.get(
        row.same_clients,
        f"The same clients must answer in each of the {row.traffic.rounds} rounds.",
    )
    stays = [held.name for held in row.schedule.results]
    result = f" Results that stay at the clients: {', '.join(stays)}." if stays else ""
    return f"{again} {drop_out(row)}{result}"


def cost_tables(audit: Audit) -> tuple[Table, ...]:
    return (messages_table(audit.costs), clients_table(audit.costs))
