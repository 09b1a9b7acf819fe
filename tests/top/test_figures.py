"""Numbers as they are written."""

from __future__ import annotations

import math

import pytest

from fortuna_otel.top import figures


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (3.5, "3.5"),
        (1_234_567.891, "1,234,568"),
        (12_345.678, "12,346"),
        (123.456, "123.46"),
        (0.00123456, "0.0012346"),
        (0.00000001, "0.00000001"),
        (1.25e-12, "1.2e-12"),
        (-42, "-42"),
        (100.0, "100"),
    ],
)
def test_an_amount_keeps_five_digits(value: float, text: str) -> None:
    """Bitcoin or a meme coin: what matters is there, and no zero behind it."""
    assert figures.amount(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.5, "0.5"),
        (0.00012345, "0.000123"),
        (1, "1.00"),
        (149.85, "149.85"),
        (999.994, "999.99"),
        (1_000, "1,000"),
        (1_234_567.8, "1,234,568"),
        (9_999_999, "9,999,999"),
        (12_345_678, "12.3M"),
        (12_345_678_901, "12.3bn"),
        (-19.8, "-19.80"),
    ],
)
def test_money(value: float, text: str) -> None:
    """Cents below a thousand, whole units above, millions from ten on; a reference may be BTC."""
    assert figures.money(value) == text


def test_a_profit_says_that_it_is_one() -> None:
    """A plus is written where asked for, and zero has none."""
    assert figures.money(1_234, signed=True) == "+1,234"
    assert figures.money(-1_234, signed=True) == "-1,234"
    assert figures.money(0, signed=True) == "0"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (159_716.0, "160k"),
        (1_234, "1.23k"),
        (12_340, "12.3k"),
        (999_499, "999k"),
        (999_500, "1.00M"),
        (-2_500_000, "-2.50M"),
        (3.2e9, "3.20bn"),
        (999.4, "999"),
        (1.5, "1.5"),
        (0, "0"),
    ],
)
def test_brief_has_three_digits(value: float, text: str) -> None:
    """Rounding up to a thousand thousands becomes a million."""
    assert figures.brief(value) == text


def test_a_price_is_written_as_it_was_quoted() -> None:
    """The venue's tick shows; beside other prices they share their decimals."""
    assert figures.price(63_980.5) == "63,980.5"
    assert figures.price(0.00001234) == "0.00001234"
    assert figures.price(64_000.0) == "64,000"
    assert figures.price(64_000.0, 1) == "64,000.0"
    assert figures.price_decimals(1e22) == 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.42, "0.4s"),
        (9.94, "9.9s"),
        (45, "45s"),
        (119, "119s"),
        (120, "2m"),
        (4_260, "71m"),
        (7_200, "2h"),
        (172_800, "2d"),
        (-0.3, "-0.3s"),
    ],
)
def test_an_age_is_in_the_unit_that_matters(seconds: float, text: str) -> None:
    """Tenths of a second while it is fresh; a clock that runs ahead shows as negative."""
    assert figures.age(seconds) == text


def test_a_spent_budget_is_negative() -> None:
    """Time left may be less than none."""
    assert figures.span(-600) == "-10m"


@pytest.mark.parametrize(
    "write",
    [
        *(figures.amount, figures.money, figures.brief, figures.price, figures.percent),
        *(figures.bp, figures.whole, figures.age, figures.span),
    ],
)
def test_missing_is_never_zero(write: object) -> None:
    """None and NaN are a dash, infinity is said."""
    assert callable(write)
    assert write(None) == write(math.nan) == "–"  # noqa: RUF001
    assert write(math.inf) == "∞"
    assert write(-math.inf) == "-∞"


def test_shares_and_basis_points() -> None:
    """Percent of a share of 1; basis points are already such."""
    assert figures.percent(0.3125) == "31%"
    assert figures.percent(-0.01234, 2) == "-1.23%"
    assert figures.percent(0) == "0%"
    assert figures.bp(3.125) == "3.1 bp"
    assert figures.whole(1234) == "1,234"
