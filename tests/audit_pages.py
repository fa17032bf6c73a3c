"""Audits of the samples, for the tests of certificates and pages."""

from __future__ import annotations

import functools
import subprocess
import sys

from fadc.audit import audits
from fadc.audit.record import Audit
from fadc.derive.request import Pairs, Request

from .samples import SAMPLES


@functools.cache
def audit_of(
    name: str,
    mode: str = "reverse",
    residuals: str = "store",
    checkpoint: int | None = None,
    **mixed: Pairs,
) -> Audit:
    """The audit of a sample's derivative; `mixed` are options of that mode."""
    sample = next(each for each in SAMPLES if each.name == name)
    asked = Request(mode, sample.of, sample.wrt, sample.result, residuals, checkpoint, **mixed)
    found, diagnostics = audits.audit(sample.source, sample.path, asked)
    assert found is not None, diagnostics
    return found


def command_line(words: list[str]) -> subprocess.CompletedProcess[str]:
    """Runs `fadc` with these words."""
    command = [sys.executable, "-m", "fadc", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)
