"""Engines carry out the primitives.

A program names no engine. The primitives of `fadc.language` hand their work to the current one,
which is the embedded engine (`vmap` on this machine) unless `use_engine` says otherwise. `Sharded`
spreads clients over a mesh of devices, of one machine or of many. `record` records every message
that an engine carries.
"""

from fadc.engines.client_arrays import ClientArray
from fadc.engines.current import Engine, current_engine, use_engine
from fadc.engines.embedded import Embedded
from fadc.engines.recording import Message, Part, Record, record
from fadc.engines.sharded import Sharded

__all__ = [
    "ClientArray",
    "Embedded",
    "Engine",
    "Message",
    "Part",
    "Record",
    "Sharded",
    "current_engine",
    "record",
    "use_engine",
]
