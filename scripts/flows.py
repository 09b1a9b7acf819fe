"""Generate `alerting/rules/flows.yaml`: what flowed each minute, and what it was worth then.

    python scripts/flows.py           write it if it changed
    python scripts/flows.py --check   write nothing; exit with 1 if it is not current

Every kind of flow is accounted for by the same rules; the rules are in
`scripts/templates/flows.yaml.j2`, what differs is in `FLOWS`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import jinja2

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # a script starts with scripts/ on the path, a test with the root

from scripts.generating import write  # noqa: E402

TARGET: Final = ROOT / "alerting" / "rules" / "flows.yaml"
TEMPLATE: Final = ROOT / "scripts" / "templates" / "flows.yaml.j2"
BOOK: Final = "client, venue, symbol, account, tag"
# Reference currencies that flows are valued in: a join can multiply a series by one rate only, so
# that each currency is a term of its own.
RANKS: Final = 4


@dataclass(frozen=True)
class Total:
    """A sum so far of the UTC day and month, kept for a year.

    Attributes:
        record: what it is recorded as, without `fortuna:kpi:`.
        by: labels that are kept.
        of: PromQL of what a minute adds.
    """

    record: str
    by: str
    of: str


@dataclass(frozen=True)
class Flow:
    """One kind of flow.

    Attributes:
        name: what it is recorded as, without `fortuna:flow:`.
        counters: each counter, and its direction if the counter itself does not say.
        unit: label that names the unit of the amount; empty if it has no price.
        by: labels besides those of the book: all that its counters have.
        signs: sign of each direction in the value; empty if there are none.
        says: comment above its amount.
        totals: its sums for the year.
        lasting: labels of a sum that never begins anew; empty if there is none.
        group: of flows that are counted at the same moments, so that they fit each other; empty if
            it is counted by itself.
    """

    name: str
    counters: tuple[tuple[str, str], ...]
    unit: str
    by: str
    signs: tuple[tuple[str, str], ...]
    says: str
    totals: tuple[Total, ...]
    lasting: str = ""
    group: str = ""

    @property
    def of_book(self) -> str:
        """Labels of its value, but for capital and currency."""
        return ", ".join(filter(None, (BOOK, self.by)))

    @property
    def kept(self) -> str:
        """Labels of its amount, but for capital."""
        direction = "direction" if self.signs else ""
        return ", ".join(filter(None, (BOOK, self.unit, self.by, direction)))

    def read(self, how: str) -> str:
        """Return all its counters, read that way."""
        return " or ".join(
            f'label_replace({how.format(counter)}, "direction", "{direction}", "", "")'
            if direction
            else how.format(counter)
            for counter, direction in self.counters
        )

    def of_unit(self, rate: str) -> str:
        """Return a rate by the label that names the unit."""
        if self.unit == "asset":
            return rate
        return f'label_replace({rate}, "{self.unit}", "$1", "asset", "(.+)")'

    def worth(self, rank: int) -> str:
        """Return what flowed, in the currency of a rank; nothing where nothing flowed."""
        amount = f"fortuna:flow:{self.name}"
        if self.signs:
            kept = ", ".join(filter(None, (BOOK, self.unit, self.by, "capital")))
            signed = " or ".join(
                f'{sign}{amount}{{direction="{direction}"}}' for direction, sign in self.signs
            )
            amount = f"sum by ({kept}) ({signed})"
        rate = self.of_unit(f'last_over_time(fortuna:flow:rate{{rank="{rank}"}}[40s])')
        return f"({amount} != 0) * on ({self.unit}) group_left (currency) {rate}"


PNL_SIGNS: Final = (("gain", ""), ("loss", "-"))
# Markouts are statistics: several quote currencies are added at the rate of when they are read.
MARKOUT: Final = "quote, side, liquidity, horizon"
FLOWS: Final = (
    Flow(
        "traded",
        (("fortuna_trade_notional_total", ""),),
        "quote",
        "side, liquidity",
        (),
        "Fill price times filled quantity, in the quote currency.",
        (
            Total("traded", "client, venue, symbol, quote", "fortuna:flow:traded"),
            Total("traded_value", "client, capital, currency", "fortuna:flow:traded_value"),
        ),
        "client, venue, symbol, quote",
    ),
    Flow(
        "attributed",
        (("fortuna_pnl_attributed_total", ""),),
        "quote",
        "component",
        PNL_SIGNS,
        "PnL by what it comes from, revalued at the reference mid, in the quote currency.",
        (Total("pnl", "client, capital, component, currency", "fortuna:flow:attributed_value"),),
    ),
    Flow(
        "realized",
        (("fortuna_pnl_realized_total", ""),),
        "quote",
        "",
        PNL_SIGNS,
        "PnL by average cost, before fees, in the quote currency.",
        (Total("realized", "client, capital, currency", "fortuna:flow:realized_value"),),
    ),
    Flow(
        "fees",
        (("fortuna_fee_paid_total", "paid"), ("fortuna_fee_rebated_total", "rebated")),
        "asset",
        "",
        (("paid", ""), ("rebated", "-")),
        "Trading fees, in the asset they were charged or credited in.",
        (Total("fees", "client, capital, currency", "fortuna:flow:fees_value"),),
    ),
    Flow(
        "fills",
        (("fortuna_trade_fills_total", ""),),
        "",
        "side, liquidity",
        (),
        "Own fills.",
        (),
    ),
    Flow(
        "volume",
        (("fortuna_trade_volume_total", ""),),
        "",
        "side, liquidity",
        (),
        "Filled quantity, in the base asset.",
        (),
    ),
    Flow(
        "markout_pnl",
        (("fortuna_markout_pnl_total", ""),),
        "",
        MARKOUT,
        PNL_SIGNS,
        "What fills were worth so many seconds later, in the quote currency.",
        (),
        group="markouts",
    ),
    Flow(
        "markout_notional",
        (("fortuna_markout_notional_total", ""),),
        "",
        MARKOUT,
        (),
        "Fill price times filled quantity of these fills, in the quote currency.",
        (),
        group="markouts",
    ),
    Flow(
        "markout_squared",
        (("fortuna_markout_squared_total", ""),),
        "",
        MARKOUT,
        (),
        "Squares of what each of these fills was worth, in the square of the quote currency.",
        (),
        group="markouts",
    ),
    Flow(
        "markout_fills",
        (("fortuna_markout_fills_total", ""),),
        "",
        MARKOUT,
        (),
        "These fills.",
        (),
        group="markouts",
    ),
)


BEGINS: Final = {
    "day": "time() - time() % 86400",
    "month": "on () (time() - time() % 86400 - 86400 * (day_of_month() - 1))",
}


def taken(rank: int) -> str:
    """Return what leaves out the currencies of the ranks before."""
    return "".join(
        f' unless on (currency) fortuna:flow:currency{{rank="{before}"}}'
        for before in range(1, rank)
    )


def rendered() -> str:
    """Return the file."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE.parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  # YAML, of our own data
    )
    return environment.get_template(TEMPLATE.name).render(
        flows=FLOWS, ranks=RANKS, book=BOOK, windows=BEGINS, taken=taken
    )


def main() -> int:
    """Write the file, or say whether it is current."""
    return write(__doc__, TARGET, ROOT, rendered())


if __name__ == "__main__":
    sys.exit(main())
