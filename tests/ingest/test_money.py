"""Exact money: nothing is lost, made or guessed, at any size and sign."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import money
from ingest.errors import CurrencyUnknown

amounts = st.integers(min_value=-(10**30), max_value=10**30)
currencies = st.sampled_from(sorted(money.EXPONENTS))
rates = st.decimals(min_value="0.000001", max_value="1000000", places=12)
weights = st.lists(st.integers(0, 10**12) | st.decimals(min_value=0, max_value=1, places=9), min_size=1, max_size=9).filter(any)


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("USD", 2), ("JPY", 0), ("KWD", 3), ("MGA", 0), ("UGX", 2), ("ISK", 2), ("HUF", 2), ("TWD", 2), ("IDR", 2), ("HRK", 2)],
)
def test_the_minor_unit_is_the_one_that_stripe_sends(currency: str, decimals: int) -> None:
    assert money.exponent(currency) == decimals


@pytest.mark.parametrize("code", ["ZZZ", "usd", "", "US", "XAU", "XXX"])
def test_an_unknown_currency_is_never_guessed(code: str) -> None:
    assert money.exponent(code) is None
    with pytest.raises(CurrencyUnknown):
        money.major(1, code)
    with pytest.raises(CurrencyUnknown):
        money.convert(1, source="USD", target=code, rate=Decimal(1))


def test_the_table_holds_all_that_stripe_names() -> None:
    zero = set("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
    three = set("BHD JOD KWD OMR TND".split())

    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in money.EXPONENTS)
    assert {code for code in zero if money.exponent(code) != 0} == set()
    assert {code for code in three if money.exponent(code) != 3} == set()


@given(amounts, currencies)
def test_major_units_lose_nothing(minor: int, currency: str) -> None:
    amount = money.major(minor, currency)

    decimals = money.EXPONENTS[currency]
    assert Fraction(amount) * 10**decimals == minor
    assert amount.as_tuple().exponent == -decimals


@given(amounts, currencies, currencies, rates)
def test_a_conversion_is_the_exact_product_rounded_half_to_even(minor: int, source: str, target: str, rate: Decimal) -> None:
    converted = money.convert(minor, source=source, target=target, rate=rate)

    with localcontext(prec=120):
        exact = money.major(minor, source) * rate
        assert money.major(converted, target) == exact.quantize(Decimal(10) ** -money.EXPONENTS[target], ROUND_HALF_EVEN)


@pytest.mark.parametrize(("minor", "expected"), [(1, 0), (3, 2), (5, 2), (-1, 0), (-3, -2), (-5, -2)])
def test_halves_go_to_the_even_neighbour(minor: int, expected: int) -> None:
    assert money.convert(minor, source="USD", target="USD", rate=Decimal("0.5")) == expected


@given(amounts, weights)
def test_parts_sum_to_the_whole_and_stay_within_one_unit_of_their_share(total: int, given_weights: list[int | Decimal]) -> None:
    parts = money.split(total, given_weights)

    whole = sum(Fraction(weight) for weight in given_weights)
    assert sum(parts) == total
    assert all(abs(part - total * Fraction(weight) / whole) < 1 for part, weight in zip(parts, given_weights, strict=True))


@given(amounts, weights)
def test_a_negative_total_splits_as_the_mirror_image(total: int, given_weights: list[int | Decimal]) -> None:
    assert money.split(-total, given_weights) == [-part for part in money.split(total, given_weights)]


def test_ties_go_to_the_earlier_position() -> None:
    assert money.split(100, [1, 1, 1]) == [34, 33, 33]
    assert money.split(5, [Decimal("0.5"), Decimal("0.5")]) == [3, 2]


def test_nothing_can_be_shared_among_nobody_and_something_cannot() -> None:
    assert money.split(0, [0, 0]) == [0, 0]
    assert money.split(0, []) == []
    with pytest.raises(ValueError, match="weights"):
        money.split(1, [0, 0])
    with pytest.raises(ValueError, match="weights"):
        money.split(1, [2, -1])
