"""Exact masses (mg) and mass fractions (ppb): parse, cut to significant digits, print. No floats.

Amounts of an element are carried in mg times ppb, so that a lot's content is one integer.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

MG = {"mg": 1, "g": 10**3, "kg": 10**6, "t": 10**9}
PERCENT = 10**7  # ppb in one percent
PPM = 10**3
WHOLE = 10**9  # ppb of a pure substance
PURE = WHOLE - 10**6  # 99.9 %
SMALL = 100 * PPM  # below 0.01 % a fraction is printed in ppm
WEIGHBRIDGE = 20 * MG["t"]  # heavier lots are weighed on a weighbridge
WEIGHBRIDGE_U = Decimal("0.005")
PLATFORM_U = Decimal("0.001")
MASS_DIGITS = 5
GRADE_DIGITS = 4


def mass(text: str) -> int:
    """Return milligrams for `12.5 kg`."""
    number, unit = text.split()
    exact = Decimal(number) * MG[unit]
    if exact != exact.to_integral_value():
        raise ValueError(f"{text} is finer than one milligram")
    return int(exact)


def percent(text: str) -> int:
    """Return ppb for a percentage."""
    return int(Decimal(text) * PERCENT)


def part(amount: int, share: str) -> int:
    """Return `share` (a decimal fraction as text) of an integer amount, rounded down."""
    numerator, denominator = Decimal(share).as_integer_ratio()
    return amount * numerator // denominator


def cut(value: int, digits: int) -> int:
    """Round down to so many significant digits: a product never claims more than went in."""
    step = int("1" + "0" * max(0, len(str(value)) - digits))
    return value // step * step


def plain(value: int, one: int) -> str:
    """Print `value / one` exactly, without an exponent or trailing zeros; `one` is a power of ten."""
    text = format(Decimal(value) / one, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def unit_for(mg: int) -> str:
    """Choose the unit that a mass is printed in: tonnes on a weighbridge, else kilograms, grams below one."""
    if mg >= WEIGHBRIDGE:
        return "t"
    return "kg" if mg >= MG["kg"] else "g"


def mass_u(mg: int) -> int:
    """Return one standard uncertainty of a weighing in mg, to two digits."""
    exact = mg * (WEIGHBRIDGE_U if mg >= WEIGHBRIDGE else PLATFORM_U)
    return two_digits(exact)


def fraction_u(ppb: int) -> int:
    """Return one standard uncertainty of an assay in ppb: 0.5 % of a major, 3 % of a minor, 10 % of a trace.

    What is nearly pure is measured by difference: 3 % of the rest.
    """
    if ppb > PURE:
        return two_digits((WHOLE - ppb) * Decimal("0.03"))
    if ppb >= PERCENT:
        return two_digits(ppb * Decimal("0.005"))
    return two_digits(ppb * Decimal("0.03" if ppb >= PPM else "0.1"))


def two_digits(exact: Decimal) -> int:
    """Round to two significant digits and to a whole number, at least 1."""
    step = Decimal(10) ** max(0, exact.adjusted() - 1)
    return max(1, int((exact / step).to_integral_value(ROUND_HALF_EVEN) * step))
