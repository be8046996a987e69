"""Numbers in cells, exact: masses to milligrams, fractions to parts per billion, money to hundredths.

Every unit is a power of ten of the integer that the model keeps, so a cell is one decimal shift and one rounding, half
to even, at the last integer digit (IEEE 754-2019 4.3.1, roundTiesToEven).
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal

from ledger.errors import InputError
from ledger.model.quantity import MAX_INTEGER, PPB

MASS_UNITS = {"mg": 0, "g": 3, "kg": 6, "t": 9}
"""Powers of ten of a milligram."""
SHARE_UNITS = {"%": 7, "wt%": 7, "ppm": 3, "ppb": 0, "g/t": 3, "kg/t": 6, "g/kg": 6}
"""Powers of ten of a part per billion by mass."""
MONEY_POWER = 2
DEGREE_POWER = 6
PERCENT_POWER = 7

_MAX_CHARACTERS = 64
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")
# Holds 64 digits at either end of an exponent of two digits, so that nothing is rounded before the last step.
_EXACT = Context(prec=400, rounding=ROUND_HALF_EVEN)

_SHIFTED_COMMAS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_DECIMAL_COMMA = re.compile(r"([+-]?[0-9.]*),([0-9]*(?:[eE][+-]?[0-9]+)?)")
_SPACED = re.compile(r"[+-]?[0-9]{1,3}(?:[\s'_\u2019][0-9]{3})+(?:\.[0-9]*)?")
_WITH_UNIT = re.compile(rf"([+-]?[0-9.]+)\s*(?:{'|'.join([*MASS_UNITS, *SHARE_UNITS])})")


def number(text: str, field: str) -> Decimal:
    """A decimal number as it stands: digits, a decimal point, an exponent.

    Raises:
        InputError: anything else, with how to write it.
    """
    if len(text) <= _MAX_CHARACTERS and _NUMBER.fullmatch(text):
        return Decimal(text)
    raise InputError(_why(text), field=field)


def mass(text: str, unit: str, field: str = "mass") -> int:
    """Milligrams, 0 to 2^53 - 1; a mass above zero stays above zero.

    Raises:
        InputError: no number, no unit of mass, or out of range.
    """
    if unit not in MASS_UNITS:
        raise InputError(f"{quoted(unit)} is not a unit of mass; units are {' '.join(MASS_UNITS)}", field="unit")
    exact = number(text, field)
    mg = _integer(exact, MASS_UNITS[unit])
    if exact < 0:
        raise InputError(f"{text} is negative", field=field)
    if mg > MAX_INTEGER:
        raise InputError(f"{text} {unit} is beyond {MAX_INTEGER} mg, about 9 million tonnes", field=field)
    if exact and not mg and field != "u_mass":
        raise InputError(f"{text} {unit} rounds to 0 mg, and nothing is finer than a milligram", field=field)
    return mg


def share(text: str, unit: str, field: str) -> int:
    """Parts per billion by mass, 0 to 10^9; a cell in a column of per cent may repeat the sign, as a spreadsheet's per cent cells do.

    Raises:
        InputError: no number, or beyond 0 to 100 %.
    """
    if unit in ("%", "wt%") and text.endswith("%"):
        text = text[:-1].rstrip()
    return within(text, SHARE_UNITS[unit], field, (0, PPB), "0 to 100 %")


def money(text: str, field: str) -> int:
    """Hundredths of a currency's unit.

    Raises:
        InputError: no number, or out of range.
    """
    return within(text, MONEY_POWER, field, (0, MAX_INTEGER), "0 to 90 trillion")


def percent(text: str, field: str) -> int:
    """Parts per billion of the whole, from a percentage.

    Raises:
        InputError: no number, or beyond 0 to 100.
    """
    return within(text, PERCENT_POWER, field, (0, PPB), "0 to 100 %")


def degrees(text: str, field: str, most: int) -> int:
    """Millionths of a degree, `most` degrees either way.

    Raises:
        InputError: no number, or out of range.
    """
    bound = most * 10**DEGREE_POWER
    return within(text, DEGREE_POWER, field, (-bound, bound), f"-{most} to {most} degrees")


def within(text: str, power: int, field: str, bounds: tuple[int, int], words: str) -> int:
    """A number times 10^power, rounded half to even, whose exact value lies within `bounds`.

    Raises:
        InputError: no number, or outside.
    """
    exact = number(text, field)
    shifted = exact.scaleb(power, _EXACT)
    if not bounds[0] <= shifted <= bounds[1]:
        raise InputError(f"{text} is outside {words}", field=field)
    return _integer(exact, power)


def quoted(text: str) -> str:
    """A cell's text for a message, cut short where it is long."""
    most = 60
    return repr(text if len(text) <= most else f"{text[:most]}...")


def _integer(exact: Decimal, power: int) -> int:
    return int(exact.scaleb(power, _EXACT).to_integral_value(context=_EXACT))


def _why(text: str) -> str:
    """What is wrong with a number, and how to write it."""
    if len(text) > _MAX_CHARACTERS:
        return f"a number of {len(text)} characters; {_MAX_CHARACTERS} are the most"
    if _SHIFTED_COMMAS.fullmatch(text):
        return f"{text!r} has a comma; remove it ({text.replace(',', '')}), or write a decimal comma as a point"
    if found := _DECIMAL_COMMA.fullmatch(text):
        return f"{text!r} has a decimal comma; write a point: {found[1].replace('.', '')}.{found[2]}"
    if _SPACED.fullmatch(text):
        return f"{text!r} has separators between thousands; write digits only"
    if found := _WITH_UNIT.fullmatch(text):
        return f"{text!r} is a number with a unit; write {found[1]}, the unit has its own place"
    return f"{quoted(text)} is not a number; write digits with a decimal point, as 12.5 or 1e3"
