"""`python -m examples.desk.exchange`: run the local exchange."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from examples.desk.exchange.server import Exchange, serving
from examples.desk.exchange.world import build
from fortuna_otel.mandates import MandatesError, load

DEFAULT_MANDATES = Path(__file__).resolve().parents[2] / "mandates.yaml"


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        worlds = build(load(options.mandates))
    except (MandatesError, ValueError) as error:
        print(f"exchange: {error}", file=sys.stderr)
        return 2
    try:
        asyncio.run(_serve(Exchange(worlds, options.seed), options.port))
    except OSError as error:
        print(
            f"exchange: cannot listen on 127.0.0.1:{options.port} ({error.strerror}): "
            "stop what uses the port, or choose another with --port",
            file=sys.stderr,
        )
        return 1
    return 0


async def _serve(exchange: Exchange, port: int) -> None:
    loop, background = asyncio.get_running_loop(), asyncio.create_task(exchange.run())
    # A background that failed ends the process: a market that stands still is no market.
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, background.cancel)
    async with serving(exchange, port) as bound:
        markets = sum(len(venue.markets) for venue in exchange.venues.values())
        print(f"exchange: {markets} markets on http://127.0.0.1:{bound}", flush=True)
        try:
            await background
        except asyncio.CancelledError:
            print("exchange: stopped", flush=True)


def _port(value: str) -> int:
    if not value.isdecimal() or not 0 <= int(value) < 65_536:
        raise argparse.ArgumentTypeError(f"{value} is not a port: use 0 (any free one) to 65535")
    return int(value)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m examples.desk.exchange",
        description="A local exchange that speaks binance's and okx's spot REST dialects to ccxt.",
        epilog="Faults: POST /_control, described in examples/desk/exchange/control.py.",
    )
    parser.add_argument("--port", type=_port, default=8500, help="of 127.0.0.1 (8500)")
    parser.add_argument("--seed", type=int, default=7, help="of everything random (7)")
    parser.add_argument(
        "--mandates",
        type=Path,
        default=DEFAULT_MANDATES,
        help="whose books it lists and funds (examples/mandates.yaml)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
