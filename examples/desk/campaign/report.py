"""The campaign's table, as JSON and in docs/alerting.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from examples.desk.campaign.run import RECEIVERS

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).resolve().parents[3]
DOCUMENT: Final = ROOT / "docs" / "alerting.md"
FIGURES: Final = ROOT / "docs" / "campaign.json"
BEGIN: Final = "<!-- campaign -->"
END: Final = "<!-- /campaign -->"
HEAD: Final = (
    "| fault | who is told what | injected → told | fired → told | mended → over | others | |",
    "|---|---|---|---|---|---|---|",
)


def last() -> dict[str, Any]:
    """Return the last figures: `rows`, when they were `measured`, and the `quiet` run."""
    found: dict[str, Any] = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {}
    return {"measured": "", "rows": [], **found}


def merged(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the last figures with some faults' rows measured anew, each where it stood."""
    figures = last()
    before = [{"measured": figures["measured"], **row} for row in figures["rows"]]
    anew = {row["fault"] for row in rows}
    kept, found = [], set[str]()
    for row in before:
        if row["fault"] not in anew:
            kept.append(row)
        elif row["fault"] not in found:
            found.add(row["fault"])
            kept += [one for one in rows if one["fault"] == row["fault"]]
    return kept + [row for row in rows if row["fault"] not in found]


def markdown(rows: Sequence[dict[str, Any]], when: str) -> str:
    """Return the table with a line that says when it was measured, and what came of it."""
    times = [row.get("measured", when) for row in rows]
    whole = max(times, key=times.count, default=when)
    alone = [row for row in rows if row.get("measured", when) != whole]
    bad = sum(bool(row["problems"]) for row in rows)
    verdict = "every row is as it must be" if not bad else f"{bad} rows are not as they must be"
    lines = [f"Measured {whole}: {len(rows)} rows, {verdict}."]
    if alone:
        told = sorted({f"{row['fault']} ({row['measured']})" for row in alone})
        lines += ["", f"Measured in another run than the rest: {', '.join(told)}."]
    lines += ["", *HEAD]
    lines += [_line(row) for row in rows]
    return "\n".join(lines)


def quiet_line(quiet: dict[str, Any]) -> str:
    """Return what came of ordinary life."""
    told = quiet["told"]
    verdict = "nobody was told anything" if not told else f"told: {'; '.join(told)}"
    return (
        f"Ordinary life, measured {quiet['measured']}: {quiet['acts']} acts in "
        f"{quiet['minutes']:.0f} minutes ({quiet['about']}): {verdict}."
    )


def write(**measured: Any) -> None:
    """Write figures over the last ones, and the table between its markers.

    Args:
        measured: any of what `last` returns.

    Raises:
        ValueError: the document has no markers.
    """
    figures = last() | measured
    FIGURES.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    table = markdown(figures["rows"], figures["measured"])
    if "quiet" in figures:
        table = f"{quiet_line(figures['quiet'])}\n\n{table}"
    before = DOCUMENT.read_text("utf-8") if DOCUMENT.exists() else _empty()
    head, begin, rest = before.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{DOCUMENT} has no {BEGIN} … {END}: put them under `## Fault campaign`")
    DOCUMENT.write_text(f"{head}{BEGIN}\n\n{table}\n\n{END}{tail}", encoding="utf-8")


def _line(row: dict[str, Any]) -> str:
    if row["alert"] is None:
        told = "nobody"
    else:
        who = ", ".join(RECEIVERS.get(name, name) for name in row["receivers"])
        told = f"{row['alert']} ({row['severity']}): {who or 'nobody'}"
    cells = [
        f"**{row['fault']}**: {row['about']}",
        told,
        *(
            _seconds(row.get(name))
            for name in ("injected_to_told", "fired_to_told", "healed_to_resolved")
        ),
        str(row["extra"]),
        "✗ " + "; ".join(row["problems"]) if row["problems"] else "✓",
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def _empty() -> str:
    return f"# Alerting\n\n## Fault campaign\n\n{BEGIN}\n{END}\n"
