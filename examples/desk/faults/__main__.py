"""`make fault NAME=…`."""

from __future__ import annotations

import sys

from examples.desk.faults.drill import main

if __name__ == "__main__":
    sys.exit(main())
