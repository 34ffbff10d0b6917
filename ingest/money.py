"""Money: integers of minor units and a currency, and the exact arithmetic on them. Pure; never a float, never a guess.

An exponent says how many decimals the minor unit has *as Stripe sends it*, which for a few currencies is not what ISO 4217 says.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from ingest.errors import CurrencyUnknown

# ISO 4217: the active codes with two decimals or, without a decimal of their own, sent so by Stripe.
# https://www.six-group.com/en/products-services/financial-information/market-reference-data/data-standards.html
_TWO = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK
DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL
MAD MDL MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK
SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
"""
_ZERO = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"
_WITHDRAWN_TWO = "ANG BGN CUC EEK HRK LTL LVL MRO SLL STD VEF ZMK ZWL"  # withdrawn since 2011: old sales still have them
_WITHDRAWN_ZERO = "BYR"
_STRIPE_ZERO = "MGA"  # https://docs.stripe.com/currencies#zero-decimal
_STRIPE_TWO = "ISK UGX"  # no decimals by ISO, and sent times 100: https://docs.stripe.com/currencies#special-cases

EXPONENTS: dict[str, int] = {
    code: decimals
    for codes, decimals in (
        (_TWO + _WITHDRAWN_TWO + " " + _STRIPE_TWO, 2),
        (_ZERO + " " + _WITHDRAWN_ZERO + " " + _STRIPE_ZERO, 0),
        (_THREE, 3),
        (_FOUR, 4),
    )
    for code in codes.split()
}


def exponent(currency: str) -> int | None:
    """Decimals of the minor unit of `currency` (upper case), as Stripe sends it; None for a code that is not in the table: it waits."""
    return EXPONENTS.get(currency)


def major(minor: int, currency: str) -> Decimal:
    """The amount in major units, exact at any size, with as many decimals as the currency has.

    Raises:
        CurrencyUnknown: its decimals are not known, so the amount in major units is not either.
    """
    return Decimal(f"{minor}e-{_known(currency)}")  # built from text, because arithmetic rounds to the context's digits


def convert(minor: int, *, source: str, target: str, rate: Decimal) -> int:
    """Minor units of `target` for those of `source`, half to even, exact at any size.

    `rate` is major units of `target` for one major unit of `source`.

    Raises:
        CurrencyUnknown: of either currency.
    """
    shift = _known(target) - _known(source)
    if shift == 0 and rate == 1:  # what is paid in the workspace's own currency
        return minor
    return round(minor * Fraction(rate) * Fraction(10) ** shift)


def split(total_minor: int, weights: Sequence[int | Decimal | Fraction]) -> list[int]:
    """`total_minor` shared by `weights`: parts that sum to it exactly, each within one minor unit of its exact share.

    Largest remainder, ties to the earlier position; a negative total is the mirror image of the positive one. Nothing among weights of
    zero is zeros.

    Raises:
        ValueError: a weight is negative, or there is money and no weight to share it by.
    """
    exact = [Fraction(weight) for weight in weights]
    whole = sum(exact)
    if any(weight < 0 for weight in exact) or (total_minor and not whole):
        raise ValueError("weights must not be negative, nor all zero where there is something to share")
    if not whole:
        return [0] * len(exact)
    sign, size = (-1, -total_minor) if total_minor < 0 else (1, total_minor)
    shares = [size * weight / whole for weight in exact]
    parts = [int(share) for share in shares]
    by_remainder = sorted(range(len(parts)), key=lambda place: parts[place] - shares[place])  # a stable sort: ties by position
    for place in by_remainder[: size - sum(parts)]:
        parts[place] += 1
    return [sign * part for part in parts]


def _known(currency: str) -> int:
    decimals = exponent(currency)
    if decimals is None:
        raise CurrencyUnknown(currency)
    return decimals
