"""Run one step of a build and say how long it took: `step.py "what" -- command …`."""

from __future__ import annotations

import subprocess
import sys
import time


def main() -> int:
    """Return the command's exit code, after one line with its duration."""
    what, separator, *command = sys.argv[1:]
    if separator != "--" or not command:
        print('usage: step.py "what" -- command …', file=sys.stderr)
        return 2
    print(f"▸ {what} …", flush=True)
    started = time.monotonic()
    code = subprocess.run(command, check=False).returncode
    mark = "✓" if code == 0 else "✗"
    print(f"{mark} {what}: {time.monotonic() - started:.1f} s", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
