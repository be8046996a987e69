from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import FormatError
from ledger.origin.policy.context import MAX_BYTES, Context, parse
from tests.trials import trials

FULL = """
delivery_date = 2027-03-01
sale_date = 2027-03-02
export_date = 2027-03-03
entry_date = 2027-03-04
taxable_year_end = 2027-12-31
end_use = "us-defence"
contract_value_usd = 1200000
acquired_outside_us = false
used_outside_us = false
assumptions = ["sec. 1803 is not enacted"]
[end_item]
name = "laptop"
country = "MX"
cots = true
electronic_device = true
covered_material_weight_share = 0.01
mill_product = false
contract_says_otherwise = false
specialty_metals = false
[exceptions]
cots = "memo 17"
[nonavailability]
reference = "DNAD 1"
by = "usd-as"
end_item = "laptop"
until = 2027-12-31
[product]
eu_group = "heat pumps"
magnet_mass_kg = 0.35
defence_or_space = false
placed_on_market = 2029-06-01
[taxpayer]
name = "Acme"
country = "US"
principal_place_of_business = "US"
on_listed_entities = false
covered_government_or_citizen = false
covered_control_share = 0.1
covered_government_board_share = 0.0
covered_government_vote_share = 0.0
covered_government_equity_share = 0.0
sfe_single_share = 0.1
sfe_total_share = 0.2
sfe_debt_share = 0.0
may_appoint_officer = false
effective_control = false
[costs]
direct_material = 100
pfe_material = 40
[export]
from = "VN"
to = "DE"
consignee = "Motor AG"
item_value = 1000
cn_value = 1
licence = "none"
military_end_user = false
consignee_listed_owner_share = 0
"""


def test_every_member_is_read_and_printed() -> None:
    context = parse(FULL.encode(), "c.toml")
    assert context.delivery_date == date(2027, 3, 1)
    assert context.date_of("placed_on_market") == date(2029, 6, 1)
    assert context.export is not None
    assert context.export.from_ == "VN"
    stated = context.stated()
    members = [line.split(" = ")[0] for line in FULL.splitlines() if " = " in line]
    assert len(stated) == len(members)
    assert "export.from = VN" in stated
    assert "end_item.cots = true" in stated
    assert "assumptions: sec. 1803 is not enacted" in stated


def test_json_says_the_same() -> None:
    toml = parse(FULL.encode(), "c.toml")
    import tomllib

    text = json.dumps(tomllib.loads(FULL), default=str)
    assert parse(text.encode(), "c.json") == toml


@pytest.mark.parametrize(
    ("text", "message", "field"),
    [
        ("delivery = 2027-01-01", "unknown field `delivery`", None),
        ("[end_item]\ncot = true", "unknown field `cot`", "end_item"),
        ('[end_item]\ncots = "yes"', "Expected `bool", "end_item.cots"),
        ("[end_item]\ncots = 1", "Expected `bool", "end_item.cots"),
        ("delivery_date = 2027-01-01T00:00:00", "Expected `date", "delivery_date"),
        ('delivery_date = "2027-13-01"', "Invalid", "delivery_date"),
        ("contract_value_usd = -1", ">= 0", "contract_value_usd"),
        ("contract_value_usd = nan", "", "contract_value_usd"),
        ("contract_value_usd = inf", "not a finite number", None),
        ('contract_value_usd = "5"', "Expected `float", "contract_value_usd"),
        ("[taxpayer]\nsfe_single_share = 25", "<= 1", "taxpayer.sfe_single_share"),
        ('[taxpayer]\ncountry = "UK"', "'UK' is no ISO 3166-1", "taxpayer"),
        ('[export]\nfrom = "ZZ"', "leave it out where not known", "export"),
        ('[export]\nto = "china"', "", "export.to"),
        ("[costs]\ndirect_material = 1\npfe_material = 2", "cannot exceed", "costs"),
        ("[costs]\ndirect_material = 0\npfe_material = 0", "> 0", "costs.direct_material"),
        ("[costs]\ndirect_material = 1", "missing required field", "costs"),
        ("[export]\nitem_value = 1\ncn_value = 2", "cannot exceed", "export"),
        ('end_use = "dod"', "Invalid enum", "end_use"),
        ('[exceptions]\ncots = ""', "", None),
        ('[exceptions]\ncheap = "x"', "Invalid enum", None),
        ('[nonavailability]\nreference = "x"\nby = "me"', "Invalid enum", "nonavailability.by"),
        ("end_item = 1", "Expected `object", "end_item"),
        ("x = ", "neither TOML nor JSON", None),
        ('{"delivery_date": "2027-01-01", "delivery_date": "2026-01-01"}', "stands twice", None),
        ('{"contract_value_usd": NaN}', "NaN is no number", None),
        ('{"delivery_date": 1}', "Expected `date", "delivery_date"),
        ("{", "neither TOML nor JSON", None),
        ("[" * 20_000, "", None),
        ('{"a":' * 10_000, "", None),
        ("\x00", "", None),
    ],
)
def test_what_is_refused_names_file_and_field(text: str, message: str, field: str | None) -> None:
    with pytest.raises(FormatError) as caught:
        parse(text.encode(), "c.toml")
    assert caught.value.file == "c.toml"
    assert message in str(caught.value)
    if field is not None:
        assert caught.value.field == field


def test_a_large_file_and_other_bytes_are_refused() -> None:
    with pytest.raises(FormatError, match="larger than"):
        parse(b"#" * (MAX_BYTES + 1), "c.toml")
    with pytest.raises(FormatError, match="neither"):
        parse(b"\xff\xfe", "c.toml")


def test_nothing_stated_is_a_context() -> None:
    assert parse(b"", "c.toml") == Context()
    assert Context().stated() == []


def outcome(data: bytes) -> Context | FormatError:
    try:
        return parse(data, "c")
    except FormatError as error:
        return error


def is_sound(found: Context | FormatError) -> bool:
    """A context, or a refusal that names the file."""
    return isinstance(found, Context) or found.file == "c"


@given(st.binary(max_size=300))
@settings(max_examples=trials(200))
def test_any_bytes_are_a_context_or_refused(data: bytes) -> None:
    assert is_sound(outcome(data))


@given(st.integers(0, len(FULL) - 1), st.text(max_size=4))
@settings(max_examples=trials(300))
def test_a_spoiled_context_is_a_context_or_refused(place: int, put: str) -> None:
    assert is_sound(outcome((FULL[:place] + put + FULL[place + 1 :]).encode("utf-8", "replace")))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([
        "end_item", "export", "taxpayer", "delivery_date", "from", "cots", "costs", "exceptions", "assumptions", "product",
    ]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(["end_item", "export", "delivery_date", "costs", "exceptions", "assumptions"]), JSON
    )
)
@settings(max_examples=trials(200))
def test_any_json_is_a_context_or_refused(value: dict[str, object]) -> None:
    assert is_sound(outcome(json.dumps(value).encode()))
