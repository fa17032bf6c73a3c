"""`fadc audit`."""

import sys
from enum import Enum
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from fadc.commands.derivatives import Derivative, with_options
from fadc.commands.options import Color, ColorOption, Mode, StdinFilename, source_of
from fadc.commands.terminal import say
from fadc.errors import UsageError
from fadc.project.files import SourceFile, read, refuse_output, write

if TYPE_CHECKING:
    from fadc.audit.record import Audit


class AuditFormat(str, Enum):
    """The output formats of an audit."""

    markdown = "markdown"
    json = "json"
    html = "html"


Output = Annotated[str | None, Option("--output", "-o", metavar="FILE", help="Where to write it.")]
Verify = Annotated[
    str | None, Option(metavar="CERT.json", help="Hold FILE against a certificate instead.")
]


@with_options
def audit(
    file: Annotated[str, Argument(metavar="FILE", help="The program; `-` is standard input.")],
    *,
    mode: Annotated[Mode | None, Option(help="How to differentiate.")] = None,
    derivative: Derivative,
    output_format: Annotated[AuditFormat, Option(help="How it is written.")] = AuditFormat.markdown,
    output: Output = None,
    verify: Verify = None,
    stdin_filename: StdinFilename = "-",
    color: ColorOption = Color.auto,
) -> None:
    """Write the page from which a privacy reviewer approves a derivative. Runs nothing."""
    if verify is not None:
        _verify(verify, source_of(file, stdin_filename))
        return
    if mode is None:
        raise UsageError("give the derivative's --mode, or a certificate to --verify")
    request = derivative.request(mode)
    source = source_of(file, stdin_filename)
    if output is not None:
        refuse_output(output, source.path)

    from fadc.audit import audits
    from fadc.commands.showing import complain, policy_of

    found, diagnostics = audits.audit(source.text, source.path, request, policy_of(source))
    complain(diagnostics, source, color)
    if found is None:
        raise SystemExit(1)
    text = _rendered(found, output_format)
    if output is None:
        say(text, sys.stdout)
    else:
        write(text.encode(), output)
    for objection in found.certificate.objections:
        say(f"fadc: not proven: {objection}\n", sys.stderr)
    raise SystemExit(0 if found.certificate.holds else 1)


def _rendered(found: "Audit", output_format: AuditFormat) -> str:
    if output_format is AuditFormat.json:
        from fadc.reports.audits.json import audit_json

        return audit_json(found)
    if output_format is AuditFormat.markdown:
        from fadc.reports.audits.markdown import audit_markdown

        return audit_markdown(found)
    from fadc.reports.audits.html import audit_html

    return audit_html(found)


def _verify(path: str, source: SourceFile) -> None:
    """Exits with 1 if the file does not agree with the certificate."""
    import json

    from fadc.audit.audits import verify_certificate

    try:
        claimed = json.loads(read(path).text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"cannot read {path}: it is no JSON") from error
    found = verify_certificate(claimed, source.text, source.path)
    for line in found:
        say(f"fadc: {source.path}: {line}\n", sys.stderr)
    say(f"{source.path}: {'refused' if found else 'verified'}\n", sys.stdout)
    raise SystemExit(1 if found else 0)
