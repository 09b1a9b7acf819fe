"""A venue: sends messages over UDP at a fixed rate, whether or not anybody keeps up."""

from __future__ import annotations

import socket
import struct
import sys
import time

MESSAGE = struct.Struct("<qq")
"""Its number, and nanoseconds of the monotonic clock, which all processes of a machine share."""


def main() -> None:
    """Send to the port, at the rate, for the seconds of the command line."""
    port, rate, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect(("127.0.0.1", port))
        start = time.monotonic()
        for number in range(int(rate * seconds)):
            wait = start + number / rate - time.monotonic()
            if wait > 0.0:
                time.sleep(wait)
            out.send(MESSAGE.pack(number, time.monotonic_ns()))


if __name__ == "__main__":
    main()
