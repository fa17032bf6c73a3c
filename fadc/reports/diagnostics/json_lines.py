"""One JSON object per line, for tools that read a stream."""

import json
from collections.abc import Mapping, Sequence

from fadc.diagnostics import Diagnostic
from fadc.reports.diagnostics.json import record


def render(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str]) -> str:
    """The same objects as in the JSON format."""
    return "".join(json.dumps(record(each), ensure_ascii=False) + "\n" for each in diagnostics)
