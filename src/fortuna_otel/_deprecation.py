"""The warning for who still declares a signal that is on its way out."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fortuna_otel.signals import Deprecation, Signal

PACKAGE = str(Path(__file__).resolve().parent)


def warn(signal: Signal, deprecation: Deprecation) -> None:
    """Warn at the line outside this package that declares the signal.

    The signal is exported under its old name all the same: in the release that renames it, rules
    and board read both names, and one series under both would count twice.
    """
    remedy = ""
    if deprecation.replacement:
        remedy = f" Use fortuna_otel.signals.{deprecation.replacement} ({deprecation.renamed_to})."
    warnings.warn(
        f"{signal.name} is deprecated. {deprecation.note}{remedy}",
        DeprecationWarning,
        stacklevel=_depth(),
    )


def _depth() -> int:
    """Return the `stacklevel` of the code that is not ours, where `warn` itself is 1."""
    depth = 1
    frame = sys._getframe(1)  # noqa: SLF001  # what `warnings` itself does
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
        depth += 1
    return depth
