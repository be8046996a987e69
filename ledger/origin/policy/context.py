"""The facts that a policy needs and no ledger holds: dates, contract, end item, taxpayer, export. Stated by the asker.

Nothing here is checked against the world. Every fact that an answer uses is printed with it, and every fact that is
absent counts against the lot. Shares are fractions from 0 to 1.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from ledger.errors import FormatError
from ledger.model.identity import CountryCode
from ledger.model.text import Line
from ledger.reference.countries import UNKNOWN, is_country

MAX_BYTES = 65_536
"""A context file is a page of text; a larger one is not a context file."""
_WHERE = re.compile(r"^(.*?)(?: - at `\$\.?(.*)`)?$", re.DOTALL)
Share = Annotated[float, Meta(ge=0, le=1)]
Amount = Annotated[float, Meta(ge=0)]
EndUse = Literal["us-defence", "us-civil", "eu-market", "export"]
EXCEPTIONS = ("sat", "outside-us", "cots", "electronic", "recycled", "nonavailability")


class _Part(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"from_": "from"}):
    """A table of the file; countries exist and numbers are finite."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"`{name}` is not a finite number")
            place = name in ("country", "principal_place_of_business", "from_", "to") and value is not None
            if place and (value == UNKNOWN or not is_country(value)):
                raise ValueError(f"{value!r} is no ISO 3166-1 alpha-2 country code; leave it out where not known")


class EndItem(_Part, frozen=True):
    """What is delivered: the item that the magnet is in.

    Attributes:
        country: where it is manufactured.
        cots: whether it is a commercially available off-the-shelf item.
        electronic_device: whether it operates by controlling the flow of electrons (225.7018-3(c)(2)).
        covered_material_weight_share: share of its weight that is covered material.
        mill_product: whether it is an unincorporated bar, billet, slab, wire, cube, sphere, block, blank, plate or sheet.
        contract_says_otherwise: whether the contract takes the exception for electronic devices away.
        specialty_metals: whether it is aircraft, missile or space system, ship, tank or automotive item, weapon or ammunition.
    """

    name: Line | None = None
    country: CountryCode | None = None
    cots: bool | None = None
    electronic_device: bool | None = None
    covered_material_weight_share: Share | None = None
    mill_product: bool | None = None
    contract_says_otherwise: bool | None = None
    specialty_metals: bool | None = None


class Nonavailability(_Part, frozen=True):
    """A written determination under 225.7018-4 (or a waiver under the amended 10 U.S.C. 4872(c)(1))."""

    reference: Line
    by: Literal["head-of-contracting-activity", "usd-as", "secretary"]
    end_item: Line | None = None
    until: date | None = None


class Product(_Part, frozen=True):
    """A product for the Union's market.

    Attributes:
        eu_group: a product group of Art. 28, as `policy show EU-CRMA-28` lists them, or `other`.
        magnet_mass_kg: mass of NdFeB, SmCo and AlNiCo magnets in one product, together.
    """

    eu_group: Line | None = None
    magnet_mass_kg: Amount | None = None
    defence_or_space: bool | None = None
    placed_on_market: date | None = None


class Taxpayer(_Part, frozen=True):
    """Who claims a credit, and what specified foreign entities (SFE) hold of it."""

    name: Line | None = None
    country: CountryCode | None = None
    principal_place_of_business: CountryCode | None = None
    on_listed_entities: bool | None = None
    covered_government_or_citizen: bool | None = None
    covered_control_share: Share | None = None
    covered_government_board_share: Share | None = None
    covered_government_vote_share: Share | None = None
    covered_government_equity_share: Share | None = None
    sfe_single_share: Share | None = None
    sfe_total_share: Share | None = None
    sfe_debt_share: Share | None = None
    may_appoint_officer: bool | None = None
    effective_control: bool | None = None


class Costs(_Part, frozen=True):
    """Direct material cost and the part of it that prohibited foreign entities (PFE) mined, made or produced, in one currency."""

    direct_material: Annotated[float, Meta(gt=0)]
    pfe_material: Amount

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pfe_material > self.direct_material:
            raise ValueError("`pfe_material` is a part of `direct_material` and cannot exceed it")


class Export(_Part, frozen=True):
    """The export that is planned or was made.

    Attributes:
        item_value, cn_value: value of the item and of the Chinese-origin listed items in it, in one currency.
        licence: reference of the Chinese licence, or `none`.
        consignee_listed_owner_share: share of the consignee that parties on the Chinese lists hold together.
    """

    from_: CountryCode | None = None
    to: CountryCode | None = None
    consignee: Line | None = None
    item_value: Annotated[float, Meta(gt=0)] | None = None
    cn_value: Amount | None = None
    licence: Line | None = None
    military_end_user: bool | None = None
    consignee_listed_owner_share: Share | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.item_value is not None and self.cn_value is not None and self.cn_value > self.item_value:
            raise ValueError("`cn_value` is a part of `item_value` and cannot exceed it")


class Context(_Part, frozen=True):
    """Everything that may be stated; all of it optional.

    Attributes:
        exceptions: evidence for each exception that is claimed, by name (`EXCEPTIONS`): a document's reference, or the hash of an
            attestation or of a file that this ledger names.
        assumptions: what the asker assumes of the law; printed, and changes no verdict.
    """

    delivery_date: date | None = None
    sale_date: date | None = None
    export_date: date | None = None
    entry_date: date | None = None
    taxable_year_end: date | None = None
    end_use: EndUse | None = None
    contract_value_usd: Amount | None = None
    acquired_outside_us: bool | None = None
    used_outside_us: bool | None = None
    end_item: EndItem | None = None
    exceptions: dict[
        Literal["sat", "outside-us", "cots", "electronic", "recycled", "nonavailability"], Line
    ] = {}  # fmt: skip
    nonavailability: Nonavailability | None = None
    product: Product | None = None
    taxpayer: Taxpayer | None = None
    costs: Costs | None = None
    export: Export | None = None
    assumptions: Annotated[tuple[Line, ...], Meta(max_length=50)] = ()

    def date_of(self, name: str) -> date | None:
        """A date by the name that rules give it; `placed_on_market` is the product's."""
        if name == "placed_on_market":
            return self.product.placed_on_market if self.product is not None else None
        found: date | None = getattr(self, name)
        return found

    def stated(self) -> list[str]:
        """Every fact stated, `name = value`, in the order of the members."""
        found: list[str] = []
        _facts(json.loads(msgspec.json.encode(self)), "", found)
        return found


def _facts(value: Any, path: str, found: list[str]) -> None:  # noqa: ANN401  (JSON built-ins)
    if isinstance(value, dict):
        for name, item in value.items():
            _facts(item, f"{path}.{name}" if path else name, found)
    elif isinstance(value, list):
        found += [f"{path}: {item}" for item in value]
    elif value is not None:
        found.append(f"{path} = {str(value).lower() if isinstance(value, bool) else value}")


NOTHING = Context()


def parse(data: bytes, name: str) -> Context:
    """Read a context: TOML, or JSON where the text begins with `{`.

    Raises:
        FormatError: too large, not UTF-8, neither format, an unknown member or a value of the wrong kind; says file and field.
    """
    if len(data) > MAX_BYTES:
        raise FormatError(f"larger than {MAX_BYTES} bytes", file=name)
    try:
        text = data.decode("utf-8")
        raw = json.loads(text, parse_constant=_refuse, object_pairs_hook=_once) if text.lstrip().startswith("{") else tomllib.loads(text)  # fmt: skip
    except (ValueError, RecursionError) as error:
        raise FormatError(f"neither TOML nor JSON: {error}", file=name) from error
    try:
        # strict: the text "true" is no boolean and the text "1" no number; only dates have a spelling as text, in JSON.
        return msgspec.convert(raw, type=Context, strict=True)
    except (msgspec.ValidationError, RecursionError, OverflowError) as error:
        said = _WHERE.match(str(error))
        message, field = (said[1], said[2]) if said else (str(error), None)
        raise FormatError(message, file=name, field=field or None) from error


def _refuse(word: str) -> float:
    raise ValueError(f"{word} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands twice in one object")
    return found
