"""Engines: who carries out the primitives.

A program names no engine. The primitives of `fadc.language` hand their work to the current one,
which is the embedded engine (`vmap` on this machine) unless `use_engine` says otherwise. `record`
lets an engine tell every message that it carries.
"""

from fadc.engines.current import Engine, current_engine, use_engine
from fadc.engines.embedded import Embedded
from fadc.engines.recording import Message, Part, Record, record

__all__ = [
    "Embedded",
    "Engine",
    "Message",
    "Part",
    "Record",
    "current_engine",
    "record",
    "use_engine",
]
