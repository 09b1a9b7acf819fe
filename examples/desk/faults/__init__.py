"""Break something in the running demo, watch the page arrive, mend it, watch it resolve.

`python -m examples.desk.faults list` says what can be broken; `NAME` breaks it. Whatever happens,
also on Ctrl-C, the fault is healed before this ends. The exit code is 1 when no page came.
"""

from __future__ import annotations

from examples.desk.faults.desk import Desk, Expected, FaultError, replace
from examples.desk.faults.drill import main, run
from examples.desk.faults.injections import FAULTS, Fault

__all__ = [
    "FAULTS",
    "Desk",
    "Expected",
    "Fault",
    "FaultError",
    "main",
    "replace",
    "run",
]
