"""The rules as they ship: read once, strictly, from the TOML files beside this package."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache

import msgspec

from ledger.errors import FormatError, UsageError
from ledger.origin.policy.regime import Regime, Rule
from ledger.reference.countries import is_country
from ledger.reference.elements import RARE_EARTHS, SYMBOLS
from ledger.reference.forms import FORMS
from ledger.reference.stages import STAGES

REE = "REE"
"""Stands for the 17 rare earths in a list of elements."""


def parse(text: str, name: str) -> Regime:
    """One file.

    Raises:
        FormatError: not TOML, an unknown member, a value of the wrong kind, or a word that no table knows.
    """
    try:
        regime = msgspec.convert(tomllib.loads(text), type=Regime)
    except (ValueError, RecursionError) as error:  # msgspec and tomllib raise subclasses of ValueError
        raise FormatError(str(error), file=name) from error
    for rule in regime.policy:
        _check_words(rule, name)
    return regime


def _check_words(rule: Rule, name: str) -> None:
    stages = [*rule.stages, *(stage for reading in rule.readings for stage in reading.stages)]
    stages += [stage for disclosure in rule.disclosures for stage in disclosure.stages]
    elements = [*rule.elements, *(symbol for minimum in rule.minima for symbol in minimum.elements)]
    for reading in rule.readings:
        elements += [*reading.elements, *reading.required, *reading.doubtful]
    forms = [*rule.items, *(form for minimum in rule.minima for form in minimum.forms)]
    known = (
        ("stage", stages, STAGES),
        ("element", elements, SYMBOLS | {REE}),
        ("form", forms, FORMS),
    )
    for what, words, table in known:
        for word in words:
            if word not in table:
                raise FormatError(f"{word!r} is no {what}", file=name, field=rule.id)
    for country in rule.countries:
        if not is_country(country):
            raise FormatError(f"{country!r} is no country", file=name, field=rule.id)
    if rule.effective_from and rule.effective_to and rule.effective_to < rule.effective_from:
        raise FormatError("ends before it begins", file=name, field=rule.id)
    if rule.kind == "rule" and not rule.test:
        raise FormatError("a rule names its test", file=name, field=rule.id)
    if rule.kind != "rule" and rule.test:
        raise FormatError(f"a {rule.kind} has no test of its own", file=name, field=rule.id)


def join(regimes: Iterable[Regime]) -> Mapping[str, Rule]:
    """All rules by id, in the order of the files.

    Raises:
        FormatError: an id twice, or the name of a rule that is not there.
    """
    rules: dict[str, Rule] = {}
    for regime in regimes:
        for rule in regime.policy:
            if rule.id in rules:
                raise FormatError("stands twice", field=rule.id)
            rules[rule.id] = rule
    for rule in rules.values():
        wanted = [(name, "exception") for name in rule.exceptions] + [(name, "rule") for name in rule.outlook]
        wanted += [(pending.test_as, "rule") for pending in rule.pending if pending.test_as is not None]
        if rule.suspended_by:
            wanted.append((rule.suspended_by, "status"))
        for name, kind in wanted:
            if name not in rules or rules[name].kind != kind:
                raise FormatError(f"there is no {kind} {name!r}", field=rule.id)
    return rules


@cache
def files() -> Mapping[str, str]:
    """The texts by file name, as they were installed with this package."""
    from importlib.resources import files as resources  # noqa: PLC0415  (8 ms, paid only by who asks for a policy)

    folder = resources("ledger.origin").joinpath("policies")
    # The order in which answers are shown: the American rules first, since they decide contracts.
    found = sorted(
        (item for item in folder.iterdir() if item.name.endswith(".toml")),
        key=lambda item: (not item.name.startswith("us-"), item.name),
    )
    return {item.name: item.read_text(encoding="utf-8") for item in found}


@cache
def regimes() -> Mapping[str, Regime]:
    """The regimes by file name."""
    return {name: parse(text, name) for name, text in files().items()}


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule, exception and status object by id."""
    return join(regimes().values())


def find(name: str) -> Rule:
    """One entry by id, upper or lower case.

    Raises:
        UsageError: there is none; names near ones.
    """
    rule = rules().get(name.upper())
    if rule is None:
        near = get_close_matches(name.upper(), rules(), n=3)
        hint = f"; did you mean {', '.join(near)}?" if near else "; `monazite policy list` shows them"
        raise UsageError(f"there is no policy {name!r}{hint}")
    return rule


def expand(symbols: Iterable[str]) -> tuple[str, ...]:
    """Element symbols, sorted, with `REE` written out."""
    given = set(symbols)
    return tuple(sorted((given - {REE}) | (RARE_EARTHS if REE in given else frozenset())))
