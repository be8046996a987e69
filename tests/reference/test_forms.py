from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.reference.forms import FORMS, implied_stages, lookup
from ledger.reference.stages import PRIMARY, order

WHOLE_CHAIN = ("mine", *PRIMARY)

EXPECTED = {
    "ore": "mine",
    "concentrate": "mine beneficiate",
    "mixed-carbonate": "mine beneficiate crack_leach",
    "mixed-chloride": "mine beneficiate crack_leach",
    "leach-liquor": "mine beneficiate crack_leach",
    "oxide": "mine beneficiate crack_leach separate",
    "oxalate": "mine beneficiate crack_leach separate",
    "carbonate": "mine beneficiate crack_leach separate",
    "fluoride": "mine beneficiate crack_leach separate oxide_to_halide",
    "chloride": "mine beneficiate crack_leach separate",
    "metal": "mine beneficiate crack_leach separate oxide_to_halide metal_reduce",
    "alloy": "mine beneficiate crack_leach separate oxide_to_halide metal_reduce alloy_melt",
    "ferroboron": "mine beneficiate metal_reduce",
    "iron": "mine beneficiate metal_reduce",
    "strip-cast": "mine beneficiate crack_leach separate oxide_to_halide metal_reduce alloy_melt",
    "powder": "mine beneficiate crack_leach separate oxide_to_halide metal_reduce alloy_melt powder",
    "compact": "mine beneficiate crack_leach separate oxide_to_halide metal_reduce alloy_melt powder press",
    "block": "mine beneficiate crack_leach separate oxide_to_halide metal_reduce alloy_melt powder press sinter",
    "magnet-ndfeb": "mine beneficiate crack_leach separate oxide_to_halide metal_reduce alloy_melt powder press sinter "
    "bond machine gbd coat magnetize",
    "magnet-smco": "mine beneficiate crack_leach separate oxide_to_halide metal_reduce alloy_melt powder press sinter "
    "bond machine gbd coat magnetize",
    "end-item": "mine beneficiate crack_leach separate oxide_to_halide metal_reduce alloy_melt powder press sinter "
    "bond machine gbd coat magnetize assemble",
    "swarf": "mine beneficiate crack_leach separate oxide_to_halide metal_reduce alloy_melt powder press sinter "
    "bond machine gbd coat",
    "eol-magnet": "mine beneficiate crack_leach separate oxide_to_halide metal_reduce alloy_melt powder press sinter "
    "bond machine gbd coat magnetize assemble",
    "scrap": "mine beneficiate crack_leach separate oxide_to_halide metal_reduce alloy_melt powder press sinter "
    "bond machine gbd coat magnetize",
    "residue": "mine beneficiate crack_leach separate oxide_to_halide metal_reduce alloy_melt powder press sinter "
    "bond machine gbd coat magnetize assemble",
}

suffixes = st.text("abcdefghijklmnopqrstuvwxyz0123456789_-", min_size=1, max_size=12)


def test_the_forms_and_their_stages_are_the_documented_ones() -> None:
    assert {name: " ".join(form.implied) for name, form in FORMS.items()} == EXPECTED
    assert {name: " ".join(implied_stages(name)) for name in FORMS} == EXPECTED


def test_only_iron_and_ferroboron_bear_no_rare_earths() -> None:
    assert {name for name, form in FORMS.items() if not form.bears_rare_earths} == {"iron", "ferroboron"}


@pytest.mark.parametrize(
    "path",
    [
        ("ore", "concentrate", "mixed-carbonate", "oxide", "fluoride", "metal", "alloy", "powder", "compact", "block"),
        ("block", "swarf", "magnet-ndfeb", "end-item"),
        ("block", "magnet-smco", "eol-magnet"),
        ("scrap", "residue"),
    ],
)
def test_implied_stages_only_grow_along_the_chain(path: tuple[str, ...]) -> None:
    for earlier, later in pairwise(path):
        assert set(FORMS[earlier].implied) < set(FORMS[later].implied)


def test_diffusion_is_implied_wherever_machining_is() -> None:
    for form in FORMS.values():
        assert ("machine" in form.implied) == ("gbd" in form.implied)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("oxide", "oxide"),
        ("oxide-ndpr", "oxide"),
        ("metal-ga", "metal"),
        ("mixed-carbonate-ce-depleted", "mixed-carbonate"),
        ("magnet-ndfeb-sintered", "magnet-ndfeb"),
        ("end-item-motor", "end-item"),
        ("strip-cast-n42", "strip-cast"),
        ("iron-", None),
        ("oxide-", None),
        ("oxides", None),
        ("oxide_nd", None),
        ("magnet", None),
        ("magnet-alnico", None),
        ("mixed", None),
        ("Oxide", None),
        (" oxide", None),
        ("-oxide", None),
        ("-", None),
        ("", None),
        ("slag", None),
    ],
)
def test_lookup_ends_at_a_hyphen(text: str, name: str | None) -> None:
    found = lookup(text)
    assert (found.name if found else None) == name


def test_a_bonded_magnet_is_bonded_and_not_sintered() -> None:
    stages = implied_stages("magnet-ndfeb-bonded")
    assert stages == ("mine", "beneficiate", "crack_leach", "separate", "oxide_to_halide", "metal_reduce", "alloy_melt",
                      "powder", "bond", "machine", "gbd", "coat", "magnetize")  # fmt: skip
    assert implied_stages("magnet-ndfeb-ring-bonded") == stages
    assert implied_stages("compact-bonded") == (*implied_stages("powder"), "bond")
    assert implied_stages("end-item-bonded") == (*stages, "assemble")


@pytest.mark.parametrize("text", ["magnet-ndfeb-unbonded", "magnet-ndfeb-bonded_ring", "magnet-ndfeb-unsintered"])
def test_only_the_words_bonded_and_sintered_decide(text: str) -> None:
    assert implied_stages(text) == implied_stages("magnet-ndfeb")
    assert {"press", "sinter", "bond"} <= set(implied_stages(text))


def test_a_sintered_magnet_is_sintered_and_not_bonded() -> None:
    stages = implied_stages("magnet-ndfeb-sintered")
    assert {"press", "sinter"} <= set(stages)
    assert "bond" not in stages
    assert (*stages, "assemble") == implied_stages("end-item-sintered")


def test_bonding_takes_nothing_from_forms_that_are_not_pressed_or_not_known() -> None:
    assert implied_stages("powder-bonded") == implied_stages("powder")
    assert implied_stages("residue-bonded") == WHOLE_CHAIN
    assert implied_stages("slag-bonded") == WHOLE_CHAIN


@given(st.text(max_size=40))
def test_an_unlisted_form_implies_the_whole_chain(text: str) -> None:
    if lookup(text) is None:
        assert implied_stages(text) == WHOLE_CHAIN


@given(st.one_of(st.text(max_size=40), st.builds("{}-{}".format, st.sampled_from(sorted(FORMS)), suffixes)))
def test_implied_stages_stand_in_chain_order_and_begin_at_the_mine(text: str) -> None:
    stages = implied_stages(text)
    assert stages[0] == "mine"
    assert list(stages) == sorted(set(stages), key=order)


@given(st.sampled_from(sorted(FORMS)), suffixes)
def test_a_suffix_keeps_the_form(name: str, suffix: str) -> None:
    if suffix == "-":
        return
    found = lookup(f"{name}-{suffix}")
    assert found is not None
    assert found.name == name
