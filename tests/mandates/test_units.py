"""Units of the mandates file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortuna_otel.mandates import units
from fortuna_otel.mandates.units import Amount, WrongValueError

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("text", "ratio"),
    [
        ("25 bp", 0.0025),
        ("0.4 %", 0.004),
        ("0.4%", 0.004),
        ("95 %", 0.95),
        ("100 %", 1.0),
        ("0.01 bp", 0.000001),
        ("1_000 bp", 0.1),
    ],
)
def test_shares_are_exact(text: str, ratio: float) -> None:
    """A share is the float nearest to what is written, with or without a blank."""
    assert units.parse_share(text) == ratio


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("0.004", "`0.4 %` or `40 bp`"),
        ("0.95", "`95 %` or `9500 bp`"),
        ("25", "`25 bp` or `25 %`"),
        ("25 bps", "`25 bp`"),
        ("25 percent", "`25 %`"),
        ("1,5 %", "`15 %`"),
        ("wide", "`25 bp` or `0.4 %`"),
        ("25 USDT", "`25 bp` or `0.4 %`"),
        ("-1 bp", "a share of zero or more, as `25 bp` or `0.4 %`"),
    ],
)
def test_shares_need_a_unit(text: str, instead: str) -> None:
    """A plain ratio or an unknown unit is refused, and what was meant is shown as it is written."""
    with pytest.raises(WrongValueError) as caught:
        units.parse_ratio(text)
    assert caught.value.instead == instead


@pytest.mark.parametrize("text", ["0 bp", "0 %", "100.1 %", "10001 bp"])
def test_shares_lie_above_nothing_and_within_the_whole(text: str) -> None:
    """0 and more than 100 % are refused."""
    with pytest.raises(WrongValueError, match="not above 0 and at most 100 %"):
        units.parse_share(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500 ms", 0.5), ("10 s", 10.0), ("2 min", 120.0), ("1.5 h", 5400.0), ("400 d", 34_560_000.0)],
)
def test_durations(text: str, seconds: float) -> None:
    """Durations become seconds."""
    assert units.parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("10", "`10 s`"),
        ("2 m", "`2 min`"),
        ("3 days", "`3 d`"),
        ("2 weeks", "`10 s` or `2 min`"),
        ("0 s", "such a duration"),
        ("401 d", "such a duration"),
        ("soon", "`10 s` or `2 min`"),
    ],
)
def test_durations_are_refused_with_a_remedy(text: str, instead: str) -> None:
    """Durations without a unit, with an ambiguous one, of nothing or over 400 days are refused."""
    with pytest.raises(WrongValueError) as caught:
        units.parse_duration(text)
    assert caught.value.instead == instead


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("50000 USDT", Amount(50_000.0, "USDT")),
        ("50_000 USDT", Amount(50_000.0, "USDT")),
        ("0.1 BTC", Amount(0.1, "BTC")),
        ("4BTC", Amount(4.0, "BTC")),
        ("0 ETH", Amount(0.0, "ETH")),
        ("7 1000SATS", Amount(7.0, "1000SATS")),
    ],
)
def test_amounts(text: str, amount: Amount) -> None:
    """An amount is a number and its asset."""
    assert units.parse_amount(text) == amount


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("50000", "the asset behind it, as in `50000 USDT`"),
        ("50k USDT", "`50000 USDT`"),
        ("1.5 M USDT", "`1500000 USDT`"),
        ("50,000 USDT", "`50000 USDT`"),
        ("USDT 50000", "`50000 USDT`"),
        ("50000 USDT or more", "`50000 USDT`"),
        ("plenty", "`50000 USDT`"),
    ],
)
def test_amounts_are_refused_with_a_remedy(text: str, instead: str) -> None:
    """Amounts without asset, abbreviated, with commas or turned round are refused."""
    with pytest.raises(WrongValueError) as caught:
        units.parse_amount(text)
    assert caught.value.instead == instead


def test_a_positive_amount_is_more_than_nothing() -> None:
    """0 is an amount, but no promise."""
    assert units.parse_positive("1 USDT") == Amount(1.0, "USDT")
    with pytest.raises(WrongValueError, match="`0 USDT` is nothing"):
        units.parse_positive("0 USDT")


@pytest.mark.parametrize(
    ("text", "band"), [("0.5 %", "0.5"), ("50 bp", "0.5"), ("2.0 %", "2"), ("20 %", "20")]
)
def test_bands(text: str, band: str) -> None:
    """A band is named by its percent, however it is written."""
    assert units.parse_band(text) == band


def test_a_band_that_is_not_measured_is_refused_with_the_nearest() -> None:
    """Only the eight bands of the signals exist."""
    with pytest.raises(WrongValueError, match=r"0\.5, 1, 2, 3, 5, 10, 15, 20 %") as caught:
        units.parse_band("4.5 %")
    assert caught.value.instead == "`5 %`"


@pytest.mark.parametrize(
    "symbol", ["BTC/USDT", "ETH/USDT:USDT", "WETH/USDC@0.05%", "kPEPE/USDC:USDC"]
)
def test_symbols(symbol: str) -> None:
    """Unified symbols of spot, derivatives and pools stand."""
    assert units.parse_symbol(symbol) == symbol


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("BTC-USDT", "`BTC/USDT`"),
        ("BTCUSDT", "`BTC/USDT`"),
        ("btc/usdt", "`BTC/USDT`"),
        ("eth_btc", "`ETH/BTC`"),
        ("bitcoin", "`BTC/USDT`"),
    ],
)
def test_other_symbols_are_refused_with_a_guess(text: str, instead: str) -> None:
    """What venues and people write otherwise is shown as the unified symbol it stands for."""
    with pytest.raises(WrongValueError) as caught:
        units.parse_symbol(text)
    assert caught.value.instead == instead


def test_quote_of() -> None:
    """The quote of a symbol stands between slash and settlement."""
    assert units.quote_of("ETH/USDC:USDT") == "USDC"


@pytest.mark.parametrize("name", ["acme", "mm-1", "A", "a.b_c-d", "x" * 64])
def test_names(name: str) -> None:
    """Labels are short and plain."""
    assert units.parse_name(name) == name


@pytest.mark.parametrize(
    ("text", "instead"),
    [("Acme Treasury", "`Acme-Treasury`"), ("", "`mm-1`"), ("a/b", "`a-b`"), ("-a-", "`a`")],
)
def test_other_names_are_refused_with_a_guess(text: str, instead: str) -> None:
    """What cannot be a label is shown as one that can."""
    with pytest.raises(WrongValueError) as caught:
        units.parse_name(text)
    assert caught.value.instead == instead


@pytest.mark.parametrize(
    "text", ["0x52908400098527886E0F7030069857D2E4169EE7", "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0M"]
)
def test_keys_and_addresses_are_no_names(text: str) -> None:
    """An address or API key is refused without being repeated: labels show on every board."""
    with pytest.raises(WrongValueError, match="looks like a key or an address") as caught:
        units.parse_name(text)
    assert text not in caught.value.what


@pytest.mark.parametrize(
    ("parse", "good", "bad", "instead"),
    [
        (units.parse_venue, "uniswap-v3", "Binance US", "`binance-us`"),
        (units.parse_venue, "binance", "!", "`binance`"),
        (units.parse_asset, "BTC", "BTC USDT", "`BTC`"),
        (units.parse_job, "desk/mm-majors", "desk/mm majors", "`desk/mm-majors`"),
        (units.parse_job, "mm-majors", "a/b/c", "`desk/mm-majors`"),
    ],
)
def test_ids(parse: Callable[[str], str], good: str, bad: str, instead: str) -> None:
    """Venues, assets and jobs keep the characters of their kind."""
    assert parse(good) == good
    with pytest.raises(WrongValueError) as caught:
        parse(bad)
    assert caught.value.instead == instead


@given(st.floats(min_value=1e-12, max_value=1.0))
def test_a_written_share_reads_the_same(ratio: float) -> None:
    """Writing a share and reading it back loses nothing."""
    assert units.parse_share(units.format_ratio(ratio)) == ratio


@given(st.floats(min_value=0.0, max_value=1e15, allow_subnormal=False))
def test_a_written_amount_reads_the_same(value: float) -> None:
    """Writing an amount and reading it back loses nothing."""
    assert units.parse_amount(str(Amount(value, "BTC"))).value == value


@given(st.floats(min_value=1e-9, max_value=34_560_000.0))
def test_a_written_duration_reads_the_same(seconds: float) -> None:
    """Writing a duration and reading it back loses nothing, whichever unit is chosen."""
    assert units.parse_duration(units.format_duration(seconds)) == seconds


def test_durations_are_written_in_their_largest_whole_unit() -> None:
    """120 seconds read as 2 min, 90 as 90 s, a tenth of a millisecond as a fraction."""
    assert [units.format_duration(s) for s in (86_400.0, 120.0, 90.0, 0.5, 0.0001)] == [
        "1 d",
        "2 min",
        "90 s",
        "500 ms",
        "0.0001 s",
    ]


def test_closest_knows_what_was_meant() -> None:
    """A slip of the pen finds its word, another word finds none."""
    assert units.closest("teir", ["tier", "spread"]) == "tier"
    assert units.closest("TIER", ["tier", "spread"]) == "tier"
    assert units.closest("colour", ["tier", "spread"]) is None


@pytest.mark.parametrize(
    ("text", "ratio"), [("150 %", 1.5), ("80 %", 0.8), ("10000 %", 100.0), ("1 bp", 0.0001)]
)
def test_multiples_may_be_more_than_the_whole(text: str, ratio: float) -> None:
    """A tolerance of one and a half times is 150 %, and is written back as such."""
    assert units.parse_multiple(text) == ratio
    assert units.parse_multiple(units.format_ratio(ratio)) == ratio


@pytest.mark.parametrize(
    ("parse", "text", "what", "instead"),
    [
        (units.parse_multiple, "0 %", "`0 %` is not above 0 and at most 10000 %", "such a share"),
        (units.parse_multiple, "10001 %", "`10001 %` is not above 0 and at most 10000 %", ""),
        (units.parse_multiple, "1.5", "`1.5` has no unit", "`1.5 bp` or `1.5 %`"),
        (units.parse_rate, "101 %", "`101 %` is above 100 %", "such a rate a year"),
        (units.parse_count, "0", "`0` is not a whole number from 1 to 1000", "`3`"),
        (units.parse_count, "1001", "`1001` is not a whole number from 1 to 1000", "`3`"),
        (units.parse_count, "three", "`three` is not a whole number from 1 to 1000", "`3`"),
    ],
)
def test_other_multiples_rates_and_counts_are_refused(
    parse: Callable[[str], float], text: str, what: str, instead: str
) -> None:
    """Out of range, without unit, or no whole number."""
    with pytest.raises(WrongValueError) as caught:
        parse(text)
    assert caught.value.what == what
    assert caught.value.instead == (instead or "such a share")


def test_rates_and_counts() -> None:
    """Interest may be nothing; counts are whole."""
    assert [units.parse_rate(text) for text in ("0 %", "4.5 %", "100 %")] == [0.0, 0.045, 1.0]
    assert [units.parse_count(text) for text in ("1", "20", "1000")] == [1, 20, 1000]


def test_base_of() -> None:
    """The base of a symbol stands before the slash."""
    assert units.base_of("ETH/USDC:USDT") == "ETH"
