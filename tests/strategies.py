"""Hypothesis strategies for everything that may be said: all of it valid, small, and with every member used somewhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from hashlib import sha256
from typing import Any, get_args

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from ledger.model.events import (
    Assay,
    Attest,
    CustodyModel,
    Declare,
    Dispose,
    Enrol,
    Event,
    Extract,
    Key,
    Open,
    Receive,
    Recover,
    Retract,
    Revoke,
    Ship,
    Site,
    StageCode,
    Tolerances,
    Transform,
    TransformStage,
)
from ledger.model.identity import Anchor, Capacity, Document, Evidence, Owner, Position, Provenance, Role
from ledger.model.materials import Draw, Loss, Output, Touch
from ledger.model.quantity import MAX_INTEGER, PPB, Composition, Mass, Money, Share
from ledger.model.text import LOT_PATTERN
from ledger.seal.keys import SigningKey

_ALNUM = "abcdefghijklmnopqrstuvwxyz0123456789"
COUNTRIES = ("AU", "CN", "DE", "GB", "HK", "JP", "MY", "US", "ZZ")
ELEMENTS = {"Nd": "Nd2O3", "Pr": "Pr6O11", "Dy": "Dy2O3", "Tb": "Tb4O7", "La": "La2O3", "Fe": "Fe2O3"}
FORMS = (
    "ore",
    "concentrate",
    "mixed-carbonate",
    "oxide-ndpr",
    "metal",
    "iron",
    "magnet-ndfeb-sintered",
    "swarf",
    "a_b-9",
)

# What no text may hold (ledger.model.text): controls, formatting, surrogates, separators, non-characters.
_VISIBLE = st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cn", "Cs", "Zl", "Zp"))


def _optional(strategy: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.none() | strategy


def _few(strategy: SearchStrategy[Any], *, least: int = 0, most: int = 2) -> SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


def _sorted(values: tuple[str, ...], *, least: int = 0, most: int = 3) -> SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), min_size=least, max_size=most, unique=True).map(lambda x: tuple(sorted(x)))


def ids() -> SearchStrategy[str]:
    """Ids of parties and sites."""
    tail = st.text(_ALNUM + "._-", max_size=12) | st.text(_ALNUM + "._-", min_size=63, max_size=63)
    return st.builds(str.__add__, st.sampled_from(_ALNUM), tail)


def origins() -> SearchStrategy[str]:
    """Names of ledgers."""
    return st.sampled_from(("ledger.example", "ledger.example/ree", "Log_1/a/b.c", "a" * 63))


def lots() -> SearchStrategy[str]:
    """Lot ids: NFC, visible, no space at the ends."""
    raw = st.text(_VISIBLE, min_size=1, max_size=16).map(lambda text: unicodedata.normalize("NFC", text).strip())
    plain = st.from_regex(r"LOT-[0-9]{1,6}", fullmatch=True)
    return (plain | raw).filter(lambda text: re.search(LOT_PATTERN, text) is not None)


def lines(most: int = 20) -> SearchStrategy[str]:
    """One line of text."""
    return st.text(_VISIBLE, min_size=1, max_size=most)


def prose() -> SearchStrategy[str]:
    """Text with line feeds."""
    return st.text(_VISIBLE | st.just("\n"), min_size=1, max_size=30)


def refs() -> SearchStrategy[str]:
    """The actor's names for events."""
    return lots()


def hashes() -> SearchStrategy[str]:
    """SHA-256 in lower-case hex."""
    return st.binary(max_size=4).map(lambda seed: sha256(seed).hexdigest())


@cache
def _vkey(name: str, number: int) -> str:
    return str(SigningKey.from_seed(name, sha256(f"{name} {number}".encode()).digest()).vkey)


def vkeys(name: str) -> SearchStrategy[str]:
    """Verifier keys of this name."""
    return st.integers(0, 1).map(lambda number: _vkey(name, number))


@st.composite
def instants(draw: DrawFn) -> str:
    """RFC 3339 with an offset; `Z`, numeric offsets and fractions of a second."""
    moment = draw(st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30)))  # noqa: DTZ001  (the offset follows)
    offset = draw(st.sampled_from((0, 480, -300, 345, 1439, -1439)))
    fraction = draw(st.sampled_from(("", ".5", ".123456")))
    text = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=offset))).isoformat()
    body, zone = text[:19], text[19:]
    return body + fraction + (draw(st.sampled_from(("Z", "+00:00"))) if offset == 0 else zone)


def days() -> SearchStrategy[str]:
    """RFC 3339 full dates."""
    return st.dates(date(1970, 1, 1), date(2199, 12, 31)).map(date.isoformat)


def recorded() -> SearchStrategy[datetime]:
    """Times of the operator's clock: UTC, whole seconds."""
    return st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001
        lambda moment: moment.replace(microsecond=0)
    )


def amounts() -> SearchStrategy[int]:
    """Whole numbers up to the largest that is exact everywhere."""
    return st.integers(0, 10**9) | st.sampled_from((0, 1, MAX_INTEGER - 1, MAX_INTEGER)) | st.integers(0, MAX_INTEGER)


def masses() -> SearchStrategy[Mass]:
    """Masses, with and without uncertainty."""
    return st.builds(Mass, mg=amounts(), u_mg=_optional(amounts()))


def shares() -> SearchStrategy[Share]:
    """Mass fractions."""
    return st.builds(Share, ppb=st.integers(0, PPB), u_ppb=_optional(st.integers(0, PPB)))


@st.composite
def compositions(draw: DrawFn) -> Composition:
    """Compositions that state each element once, by itself or by its oxide; sums and unknown analytes among them."""
    symbols = draw(st.lists(st.sampled_from(sorted(ELEMENTS)), max_size=3, unique=True))
    names = [draw(st.sampled_from((symbol, ELEMENTS[symbol]))) for symbol in symbols]
    names += draw(
        st.lists(st.sampled_from(("TREO", "H2O", "LOI", "Xyz9")), min_size=not names, max_size=2, unique=True)
    )
    return {name: draw(shares()) for name in names}


def money() -> SearchStrategy[Money]:
    """Values."""
    return st.builds(Money, amount=amounts(), currency=st.sampled_from(("USD", "CNY", "EUR")))


def countries() -> SearchStrategy[str]:
    """Country codes, `ZZ` among them."""
    return st.sampled_from(COUNTRIES)


def places() -> SearchStrategy[str]:
    """Country codes, unknown and withheld."""
    return st.sampled_from((*COUNTRIES, "unknown", "withheld"))


def evidence() -> SearchStrategy[Evidence]:
    """Files by hash."""
    return st.builds(Evidence, name=lines(), sha256=hashes(), media_type=st.just("application/pdf"), size=amounts())


def _outputs(names: list[str]) -> SearchStrategy[tuple[Output, ...]]:
    return st.tuples(
        *(
            st.builds(
                Output,
                lot=st.just(name),
                form=st.sampled_from(FORMS),
                mass=masses(),
                composition=_optional(compositions()),
                value=_optional(money()),
                cn_value=_optional(money()),
            )
            for name in names
        )
    )


def _draws(names: list[str]) -> SearchStrategy[tuple[Draw, ...]]:
    return st.tuples(*(st.builds(Draw, lot=st.just(name), prev=hashes(), mass=_optional(masses())) for name in names))


def _names(least: int, most: int) -> SearchStrategy[list[str]]:
    return st.lists(lots(), min_size=least, max_size=most, unique=True)


def outputs() -> SearchStrategy[tuple[Output, ...]]:
    """One to two lots created."""
    return _names(1, 2).flatmap(_outputs)


def draws() -> SearchStrategy[tuple[Draw, ...]]:
    """One to two lots drawn."""
    return _names(1, 2).flatmap(_draws)


def touches(least: int = 0) -> SearchStrategy[tuple[Touch, ...]]:
    """Lots spoken of."""
    return _names(least, 2).flatmap(
        lambda names: st.tuples(*(st.builds(Touch, lot=st.just(name), prev=hashes()) for name in names))
    )


def _provenances() -> SearchStrategy[tuple[Provenance, ...]]:
    return _few(st.builds(Provenance, what=lines(), country=places()))


@st.composite
def _common(draw: DrawFn, *, site: bool) -> dict[str, Any]:
    """The members that every event has; `site` says whether one is required."""
    return {
        "v": 1,
        "ledger": draw(origins()),
        "actor": draw(ids()),
        "site": draw(ids() if site else _optional(ids())),
        "at": draw(instants()),
        "ref": draw(_optional(refs())),
        "evidence": draw(_few(evidence(), most=1)),
        "note": draw(_optional(prose())),
    }


def _with(kind: type[Event], **members: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.builds(
        lambda common, own: kind(**common, **own), _common(site=kind.SITE_REQUIRED), st.fixed_dictionaries(members)
    )


@st.composite
def _anchors(draw: DrawFn, party: str | None = None) -> Anchor:
    party = party or draw(ids())
    return Anchor(party=party, name=draw(lines()), country=draw(countries()), vkey=draw(vkeys(party)))


@st.composite
def opens(draw: DrawFn) -> Open:
    common = draw(_common(site=False))
    tolerances = st.builds(
        Tolerances, late_days=st.integers(0, 366), clock_s=st.integers(0, 86_400), u_mass_ppm=st.integers(0, 20_000)
    )
    return Open(
        **common,
        operator=draw(_anchors(common["actor"])),
        registrar=draw(_anchors()),
        log=draw(vkeys(common["ledger"])),
        rules="1",
        tolerances=draw(tolerances),
    )


@st.composite
def _owners(draw: DrawFn) -> tuple[Owner, ...]:
    owner = st.builds(
        Owner,
        party=_optional(ids()),
        name=lines(),
        country=countries(),
        ppb=_optional(st.integers(0, PPB // 2)),
    )
    named = st.builds(Owner, party=ids(), country=countries())
    return draw(_few(owner | named))


@st.composite
def enrols(draw: DrawFn) -> Enrol:
    party = draw(ids())
    return Enrol(
        **draw(_common(site=False)),
        party=party,
        name=draw(lines()),
        country=draw(countries()),
        roles=draw(_sorted(get_args(Role), least=1)),  # type: ignore[arg-type]  # names of roles
        owners=draw(_owners()),
        vkey=draw(_optional(vkeys(party))),
    )


@st.composite
def sites(draw: DrawFn) -> Site:
    country = draw(countries())
    position = st.builds(Position, lat=st.integers(-90_000_000, 90_000_000), lon=st.integers(-180_000_000, 180_000_000))
    capacity = st.builds(Capacity, stage=st.sampled_from(("mine", "crack_leach")), mg_per_year=amounts())
    return Site(
        **draw(_common(site=True)),
        party=draw(ids()),
        name=draw(lines()),
        country=country,
        region=draw(_optional(st.sampled_from(("A", "X9", "QLD")).map(lambda part: f"{country}-{part}"))),
        position=draw(_optional(position)),
        stages=draw(_sorted(get_args(StageCode))),  # type: ignore[arg-type]  # names of stages
        capacity=draw(_few(capacity)),
    )


@st.composite
def keys(draw: DrawFn) -> Key:
    party = draw(ids())
    return Key(**draw(_common(site=False)), party=party, vkey=draw(vkeys(party)))


@st.composite
def revokes(draw: DrawFn) -> Revoke:
    party = draw(ids())
    return Revoke(
        **draw(_common(site=False)),
        party=party,
        vkey=draw(vkeys(party)),
        since=draw(_optional(instants())),
        reason=draw(prose()),
    )


def _stage_origins() -> SearchStrategy[Any]:
    return _optional(st.dictionaries(st.sampled_from(get_args(StageCode)), places(), min_size=1, max_size=3))


@st.composite
def transforms(draw: DrawFn) -> Transform:
    names = draw(_names(2, 4))
    cut = draw(st.integers(1, len(names) - 1))
    loss = st.builds(Loss, kind=lines(), mass=masses(), composition=_optional(compositions()))
    return Transform(
        **draw(_common(site=True)),
        stage=draw(st.sampled_from(get_args(TransformStage))),
        inputs=draw(_draws(names[:cut])),
        outputs=draw(_outputs(names[cut:])),
        losses=draw(_few(loss)),
        equipment=draw(_provenances()),
        technology=draw(_provenances()),
        custody_model=draw(_optional(st.sampled_from(get_args(CustodyModel)))),
    )


@st.composite
def _attested(draw: DrawFn) -> dict[str, Any]:
    first, last = sorted((draw(days()), draw(days())))
    about = draw(st.sampled_from(("lots", "parties", "sites")))
    return {
        "lots": draw(touches(1 if about == "lots" else 0)),
        "parties": draw(_few(ids(), least=about == "parties")),
        "sites": draw(_few(ids(), least=about == "sites")),
        "scheme": draw(lines()),
        "result": draw(lines()),
        "valid_from": draw(st.sampled_from((None, first))),
        "valid_until": draw(st.sampled_from((None, last))),
    }


def _ships() -> SearchStrategy[Ship]:
    document = st.builds(Document, kind=lines(), number=lines(), sha256=_optional(hashes()))
    return _with(
        Ship,
        lots=draws(),
        to=ids(),
        route=_few(countries(), most=4),
        carrier=_optional(lines()),
        title=st.sampled_from((None, "passes", "retained")),
        licence_ref=_optional(lines()),
        documents=_few(document),
        hs=_optional(st.from_regex(r"[0-9]{4,10}", fullmatch=True)),
    )


_MAKERS: dict[str, Callable[[], SearchStrategy[Any]]] = {
    "open": opens,
    "enrol": enrols,
    "site": sites,
    "key": keys,
    "revoke": revokes,
    "extract": lambda: _with(
        Extract,
        deposit=_optional(lines()),
        mineral=_optional(lines()),
        country=_optional(countries()),
        outputs=outputs(),
    ),
    "recover": lambda: _with(
        Recover,
        feedstock=_optional(lines()),
        waste=st.sampled_from((None, "pre_consumer", "post_consumer")),
        origin=_stage_origins(),
        outputs=outputs(),
    ),
    "declare": lambda: _with(Declare, origin=_stage_origins(), supplier=_optional(lines()), outputs=outputs()),
    "transform": transforms,
    "ship": _ships,
    "receive": lambda: _with(Receive, lots=draws(), result=st.sampled_from(("accepted", "disputed")), reason=prose()),
    "assay": lambda: _with(Assay, lot=lots(), prev=hashes(), composition=compositions(), method=_optional(lines())),
    "attest": lambda: st.builds(lambda common, own: Attest(**common, **own), _common(site=False), _attested()),
    "retract": lambda: _with(Retract, target=hashes(), reason=prose(), replacement=_optional(refs()), lots=touches()),
    "dispose": lambda: _with(
        Dispose, lots=draws(), how=st.sampled_from((None, "waste", "sale", "loss")), reason=_optional(prose())
    ),
}
TYPES = tuple(_MAKERS)
"""Every type there is a strategy for."""


def events_of(kind: str) -> SearchStrategy[Any]:
    """Valid events of one type."""
    return _MAKERS[kind]()


def events() -> SearchStrategy[Any]:
    """Valid events of every type."""
    return st.one_of([events_of(kind) for kind in TYPES])


@st.composite
def spoiled(draw: DrawFn, data: bytes, times: int = 3) -> bytes:
    """These bytes with one to three bits flipped, bytes inserted or bytes deleted."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, times))):
        at = draw(st.integers(0, len(changed)))
        how = draw(st.sampled_from(("flip", "insert", "delete")))
        if how == "insert":
            changed.insert(at, draw(st.integers(0, 255)))
        elif changed:
            at = min(at, len(changed) - 1)
            if how == "flip":
                changed[at] ^= 1 << draw(st.integers(0, 7))
            else:
                del changed[at]
    return bytes(changed)
