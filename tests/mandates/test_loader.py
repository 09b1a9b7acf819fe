"""Loading a file: every problem with its line and remedy, all at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fortuna_otel import mandates

Problem = Callable[[str, str], str]
Problems = Callable[[str], list[str]]

WHERE = "desk.yaml:{}: clients.acme.obligations.acme-btc"


def test_a_good_file_loads(good: str, tmp_path: Path) -> None:
    """`load` reads a path, `loads` a text; both mean the same."""
    path = tmp_path / "mandates.yaml"
    path.write_text(good, encoding="utf-8")
    assert mandates.load(path) == mandates.load(str(path)) == mandates.loads(good)


def test_the_example_is_good() -> None:
    """The example holds what the documentation says of it: 32 clients and the desk."""
    example = Path(__file__).parents[2] / "examples" / "mandates.yaml"
    desk = mandates.load(example)
    assert len(desk.clients) == 33
    assert len(desk.obligations) == 44
    assert {book.venue for book in desk.books} == {"binance", "okx"}
    assert 16 <= len({book.symbol for book in desk.books}) <= 18
    assert sum(len(obligation.books) == 2 for obligation in desk.obligations) == 2
    engines = [service for service in desk.services if service.name.startswith("mm-")]
    assert len(engines) == 5
    for client in desk.clients:
        services = {book.service for book in desk.books if book.client == client.client}
        assert len(services) == 1
    (hedge,) = [book for book in desk.books if book.role == "hedge"]
    assert (hedge.client, hedge.capital, hedge.mandate) == ("desk", "desk", "")


@pytest.mark.parametrize(
    ("part", "by", "message"),
    [
        pytest.param(
            "0.4 %",
            "0.004",
            WHERE.format(13) + ".spread.max: `0.004` has no unit; write `0.4 %` or `40 bp` instead",
            id="plain ratio",
        ),
        pytest.param(
            "spread:",
            "spraed:",
            WHERE.format(13) + ".spraed: is not a known key; write `spread` instead",
            id="unknown key, near a known one",
        ),
        pytest.param(
            "tag: core",
            "tag: core, colour: red",
            WHERE.format(16) + ".books[0].colour: is not a known key;"
            " write one of `account`, `tag`, `service` instead",
            id="unknown key, like none",
        ),
        pytest.param(
            "BTC/USDT",
            "BTC-USDT",
            WHERE.format(12)
            + ".symbol: `BTC-USDT` is not a ccxt unified symbol; write `BTC/USDT` instead",
            id="symbol",
        ),
        pytest.param(
            "venue: binance",
            "venue: Binance",
            WHERE.format(11)
            + ".venue: `Binance` is not a venue's id in lower case; write `binance` instead",
            id="venue",
        ),
        pytest.param(
            "0.5 %: 20000 USDT",
            "0.6 %: 20000 USDT",
            WHERE.format(14) + ".depth.0.6 %: `0.6 %` is not a band that is measured"
            " (0.5, 1, 2, 3, 5, 10, 15, 20 %); write `0.5 %` instead",
            id="band",
        ),
        pytest.param(
            "0.5 %: 20000 USDT",
            "0.5 %: 20000",
            WHERE.format(14) + ".depth.0.5 %: `20000` does not say of what;"
            " write the asset behind it, as in `20000 USDT` instead",
            id="amount without asset, both sides in one",
        ),
        pytest.param(
            "service: desk/mm-majors",
            "service: desk/mm-major",
            "desk.yaml:6: clients.acme.service: `desk/mm-major` is not among the services;"
            " write `desk/mm-majors` instead",
            id="unknown service, near a known one",
        ),
        pytest.param(
            "service: desk/mm-majors",
            "service: other",
            "desk.yaml:6: clients.acme.service: `other` is not among the services;"
            " add it under `services`",
            id="unknown service",
        ),
        pytest.param(
            "    service: desk/mm-majors\n",
            "",
            WHERE.format(15) + ".books[0]: no service holds this book;"
            " write `service: desk/mm-majors` for it, its obligation, client or the desk",
            id="no service",
        ),
        pytest.param(
            "loops: [quote]",
            "loops: []",
            "desk.yaml:2: services.desk/mm-majors.loops: is empty; write `loops: [quote]`",
            id="no loops",
        ),
        pytest.param(
            "loops: [quote]",
            "loops: [~]",
            "desk.yaml:2: services.desk/mm-majors.loops[0]: has no value; write `acme` instead",
            id="nothing in a list",
        ),
        pytest.param(
            "loops: [quote]",
            "loops: quote",
            "desk.yaml:2: services.desk/mm-majors.loops: is not a list;"
            " write `loops: [quote]` instead",
            id="not a list",
        ),
        pytest.param(
            "{target: 4 BTC, tolerance: 0.5 BTC, limit: 1 BTC}",
            "4 BTC",
            "desk.yaml:8: clients.acme.exposure.BTC: is not a mapping",
            id="not a mapping",
        ),
        pytest.param(
            "venue: binance",
            "venue: [binance]",
            WHERE.format(11) + ".venue: is a list, not one value; write `binance` instead",
            id="a list where a value belongs",
        ),
        pytest.param(
            "venue: binance",
            "venue: {id: binance}",
            WHERE.format(11) + ".venue: is a mapping, not one value; write `binance` instead",
            id="a mapping where a value belongs",
        ),
        pytest.param(
            "        venue: binance\n",
            "",
            WHERE.format(10) + ".venue: is missing; write `venue: binance`",
            id="missing",
        ),
        pytest.param(
            "        books:\n          - {account: acme-mm, tag: core}\n",
            "",
            WHERE.format(10) + ".books: is missing; write `books: [{account: mm-1, tag: core}]`",
            id="no books",
        ),
        pytest.param(
            "Acme Treasury",
            "",
            "desk.yaml:5: clients.acme.name: has no value; give it one, or remove the line",
            id="no value",
        ),
        pytest.param(
            "venue: binance",
            "venue: binance\n        tier: liqid",
            WHERE.format(12) + ".tier: is not `liquid` or `thin`; write `liquid` instead",
            id="choice",
        ),
        pytest.param(
            "venue: binance",
            "venue: binance\n        tier: deep",
            WHERE.format(12) + ".tier: is not `liquid` or `thin`",
            id="choice, like none",
        ),
        pytest.param(
            "account: acme-mm",
            "account: Acme MM",
            WHERE.format(16) + ".books[0].account: `Acme MM` is not a label of up to 64 letters,"
            " digits, `-`, `_` and `.`; write `Acme-MM` instead",
            id="label",
        ),
        pytest.param(
            "  acme:\n",
            "  Acme Treasury:\n",
            "desk.yaml:4: clients.Acme Treasury: `Acme Treasury` is not a label of up to 64"
            " letters, digits, `-`, `_` and `.`; write `Acme-Treasury` instead",
            id="key",
        ),
    ],
)
def test_each_problem_has_its_line_and_remedy(
    problem: Problem, part: str, by: str, message: str
) -> None:
    """One mistake is one problem: where it is, what is wrong, and what to write instead."""
    assert problem(part, by) == message


def test_all_problems_are_told_at_once(good: str, problems: Problems) -> None:
    """What is wrong in one place does not hide what is wrong in another, of whatever kind."""
    text = (
        good.replace("tag: core", "tagg: core")
        .replace("min: 1 bp", "min: 30 bp")
        .replace("bid: 50000 USDT", "bid: 50000 ETH")
        .replace("tolerance: 0.5 BTC", "tolerance: 5 BTC")
        .replace("desk/mm-majors: {loops: [quote]}", "desk/mm-majors: {loop: [quote]}")
    )
    assert problems(text) == [
        "desk.yaml:2: services.desk/mm-majors.loop: is not a known key; write `loops` instead",
        (
            "desk.yaml:8: clients.acme.exposure.BTC.tolerance: 5 BTC is beyond the limit, 1 BTC;"
            " write tolerance ≤ limit: the ticket comes before the page"
        ),
        (
            "desk.yaml:13: clients.acme.obligations.acme-btc.spread.target:"
            " min 30 bp is wider than target 20 bp; write min ≤ target ≤ max"
        ),
        (
            "desk.yaml:14: clients.acme.obligations.acme-btc.depth.2 %.bid: `50000 ETH` is in"
            " neither USDT nor BTC, the assets of BTC/USDT, nor USD;"
            " write the amount in USDT instead"
        ),
        (
            "desk.yaml:16: clients.acme.obligations.acme-btc.books[0].tagg: is not a known key;"
            " write `tag` instead"
        ),
    ]


def test_one_mistake_is_one_problem(good: str, problems: Problems) -> None:
    """An entry that is wrong causes no complaints from those that refer to it."""
    text = good.replace("loops: [quote]", "loops: [a b]")
    assert problems(text) == [
        (
            "desk.yaml:2: services.desk/mm-majors.loops[0]: `a b` is not a label of up to 64"
            " letters, digits, `-`, `_` and `.`; write `a-b` instead"
        )
    ]


@pytest.mark.parametrize("section", ["services", "clients"])
def test_a_missing_section_is_told(good: str, problems: Problems, section: str) -> None:
    """Without its sections there is nothing else to judge."""
    head, body = good.split("clients:\n")
    text = head if section == "clients" else f"clients:\n{body}"
    told = problems(text)
    assert told[0].startswith(f"desk.yaml:1: {section}: is missing; write `{section}: {{")


def test_a_section_of_another_shape_is_told(problems: Problems) -> None:
    """Sections are mappings, and their examples show which."""
    assert problems("services: 1\nclients: []\n") == [
        (
            "desk.yaml:1: services: is not a mapping;"
            " write `services: {desk/mm-majors: {loops: [quote]}}` instead"
        ),
        (
            "desk.yaml:2: clients: is not a mapping;"
            " write `clients: {acme: {name: Acme Protocol, obligations: {…}}}` instead"
        ),
    ]
