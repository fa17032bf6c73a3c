"""The audit as one HTML file without network access, light or dark, printable."""

from __future__ import annotations

import re
from typing import Any

from fadc.audit.record import Audit
from fadc.errors import UsageError
from fadc.reports.audits import sections
from fadc.reports.costs.tables import Table, cheapest_lines, refusal


def audit_html(audit: Audit) -> str:
    """The whole page. Raises UsageError where the extra `audit` is not installed."""
    try:
        import jinja2
        import markupsafe

        from fadc.reports.audits.picture import picture
    except ModuleNotFoundError as error:
        raise UsageError(
            f"HTML needs `{error.name}`, which is not installed: pip install 'fadc[audit]'"
        ) from error

    def code(text: str) -> Any:
        """Text in which `…` is code."""
        parts = re.split(r"`([^`]+)`", text)
        html = (
            markupsafe.Markup("<code>{}</code>").format(part) if odd else markupsafe.escape(part)
            for odd, part in ((index % 2, part) for index, part in enumerate(parts))
        )
        return markupsafe.Markup("").join(html)

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("fadc.reports.audits", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["code"] = code
    pictures = [
        (row.name, markupsafe.Markup(picture(row, audit.primal, number)))
        for number, row in enumerate((audit.primal, *audit.rows))
    ]
    return environment.get_template("audit.html.jinja").render(_page(audit), pictures=pictures)


def _page(audit: Audit) -> dict[str, Any]:
    """The data for the page's template."""
    certificate = audit.certificate
    return {
        "audit": audit,
        "holds": certificate.holds,
        "verdict": sections.verdict(audit),
        "facts": sections.facts(audit),
        "statement": sections.statement(audit),
        "objections": certificate.objections,
        "mechanisms": sections.mechanisms_table(audit),
        "primal_uses": sections.uses_table("Uses in the primal", certificate.primal),
        "derived_uses": sections.uses_table("Uses in the derivative", certificate.derivative),
        "notes": sections.mechanism_notes(audit),
        "uploads": sections.exchanges_table(audit, "up"),
        "broadcasts": sections.exchanges_table(audit, "down"),
        "memory": [
            (row.name, sections.memory_table(row), sections.memory_text(row)) for row in audit.rows
        ],
        "costs": sections.cost_tables(audit),
        "cost_notes": [
            *map(refusal, audit.costs.refused),
            *cheapest_lines(audit.costs, audit.best),
        ],
        "source": _source_lines(audit),
        "emitted": _emitted_lines(audit),
        "columns": _columns,
    }


def _columns(table: Table) -> list[str]:
    """The CSS class of each column: numbers are right-aligned, code is set as code."""
    kinds = {"line": "number", "code": "code", "down": "code", "up": "code", "shape": "code"}
    names = {"computation": "name", "elements": "code", "mechanism": "code"}
    return [{**kinds, **names}.get(heading, "text") for heading in table.headings]


def _source_lines(audit: Audit) -> list[tuple[int, str, list[int]]]:
    """Each line of the source, and the first lines of the emitted statements that pull it back."""
    back: dict[int, list[int]] = {}
    previous = None
    for line, origin in audit.links.items():
        if previous != (line - 1, origin):
            back.setdefault(origin, []).append(line)
        previous = (line, origin)
    texts = audit.source.rstrip("\n").split("\n")
    return [(number, text, back.get(number, [])) for number, text in enumerate(texts, start=1)]


def _emitted_lines(audit: Audit) -> list[tuple[int, str, int | None]]:
    """Each line of the emitted text, and the line of the source that it pulls back."""
    texts = audit.emitted.rstrip("\n").split("\n")
    return [(number, text, audit.links.get(number)) for number, text in enumerate(texts, start=1)]
