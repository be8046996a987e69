from __future__ import annotations

import random
from math import exp
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.model.quantity import PPB, Share
from ledger.reference.deposits import DEPOSITS
from ledger.rules.analysis import analyse
from ledger.rules.fingerprint import fingerprints
from ledger.rules.ore import FEWEST, broken, misfit
from tests.rules.tale import MINE, PLANT, SHOP, Tale, made, peopled
from tests.trials import trials

pytestmark = pytest.mark.uncounted  # many times the same lines, which other tests count

OXIDES = tuple(DEPOSITS["xinfeng"].pattern)
GRADE = 0.1


def ore(row: str, grade: float = GRADE, **times: float) -> dict[str, float]:
    """Percent by mass in ore of this grade; some oxides multiplied."""
    return {oxide: float(part) * grade * times.get(oxide, 1.0) for oxide, part in DEPOSITS[row].pattern.items()}


def mined(row: str, deposit: str | None, form: str = "ore", *, leave: tuple[str, ...] = (), **times: float) -> Tale:
    """Ore with a row's pattern, said to be from a deposit."""
    tale = peopled()
    members = {"deposit": deposit} if deposit else {}
    kept = {oxide: percent for oxide, percent in ore(row, **times).items() if oxide not in leave}
    tale.extract(*MINE, made("A", 100, form, **kept), **members)
    return tale


def said(tale: Tale, code: str = "COMP") -> list[str]:
    return [item.message for item in fingerprints(tale.history) if item.code.startswith(code)]


# --- Ore and its deposit


@pytest.mark.parametrize("row", DEPOSITS)
def test_ore_of_a_row_looks_like_its_deposit(row: str) -> None:
    assert mined(row, DEPOSITS[row].group).ending("COMP") == []


@pytest.mark.parametrize(
    ("row", "deposit", "codes"),
    [
        ("bayan-obo", "mountain-pass", ["COMP-DEPOSIT"]),
        ("xinfeng", "mt-weld", ["COMP-DEPOSIT", "COMP-GATE"]),
        ("xinfeng", "Mountain Pass (USGS)", ["COMP-DEPOSIT", "COMP-GATE"]),
        ("longnan", "mt-weld-cld", ["COMP-DEPOSIT", "COMP-GATE"]),
        ("longnan", "bayan-obo", ["COMP-DEPOSIT", "COMP-GATE"]),
        ("mt-weld-cld", "longnan", ["COMP-DEPOSIT"]),
        ("mt-weld-cld", "browns-range", ["COMP-DEPOSIT-INFO"]),
        ("longnan", "eneabba", ["COMP-DEPOSIT-INFO", "COMP-GATE-INFO"]),
        ("xinfeng", "kachin", []),
        ("maoniuping", "mountain-pass", []),
        ("longnan", "El Dorado", []),
        ("longnan", None, []),
    ],
)
def test_ore_that_is_said_to_be_from_elsewhere(row: str, deposit: str | None, codes: list[str]) -> None:
    assert mined(row, deposit).ending("COMP") == [(code, "lot:A") for code in codes]


def test_the_message_names_figures_and_what_is_closer() -> None:
    (message,) = said(mined("xinfeng", "mt-weld"), "COMP-DEPOSIT")
    assert "does not look like mt-weld" in message
    assert "(confidence medium)" in message
    assert "threshold" in message
    assert "closer to xinfeng (CN)" in message
    assert message.count("where that has") == 3
    assert message.endswith("A pattern, not a proof")
    (gates,) = said(mined("xinfeng", "mt-weld"), "COMP-GATE")
    assert (
        "CeO2/La2O3 0.117 below 0.5 (the mark of an ion-adsorption clay, unless cerium was removed on purpose)" in gates
    )
    assert "Dy2O3/Nd2O3 0.211 above 0.0333" in gates
    assert "Y2O3/Nd2O3 1.38 above 0.15 (yttrium high together with dysprosium)" in gates


def test_a_doubtful_row_is_never_named_as_closer() -> None:
    (message,) = said(mined("serra-verde", "mt-weld"), "COMP-DEPOSIT")
    assert "closer" not in message


def test_fewer_than_four_oxides_say_nothing() -> None:
    def left(*kept: str) -> list[str]:
        leave = tuple(oxide for oxide in OXIDES if oxide not in kept)
        return [code for code, _ in mined("longnan", "bayan-obo", leave=leave).ending("COMP-DEPOSIT")]

    assert left("La2O3", "CeO2", "Nd2O3", "Y2O3") == ["COMP-DEPOSIT"]
    assert left("La2O3", "CeO2", "Nd2O3") == []


def test_elements_are_oxides_in_other_words() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 100, La=2.2, Ce=0.2, Pr=0.45, Nd=1.5, Sm=0.4, Y=1.9), deposit="mt-weld")
    assert [code for code, _ in tale.ending("COMP")] == ["COMP-DEPOSIT", "COMP-GATE"]


def test_traces_are_not_told_apart() -> None:
    assert mined("bayan-obo", "bayan-obo", Tb4O7=0.001, Dy2O3=0.0).ending("COMP") == []


def test_a_declared_uncertainty_counts_but_cannot_swallow_everything() -> None:
    tale = peopled()
    doubtful = {
        oxide: {"ppb": round(percent * 10**7), "u_ppb": round(percent * 10**7)}
        for oxide, percent in ore("longnan").items()
    }
    tale.extract(*MINE, {**made("A", 100), "composition": doubtful}, deposit="mt-weld")
    assert "COMP-DEPOSIT" in [code for code, _ in tale.ending("COMP")]
    assert analyse({"Nd2O3": Share(10**6, 10**6), "La2O3": Share(10**6, 1)}).parts["Nd"].u == 0.10  # type: ignore[union-attr]


# --- What the newest analysis says, and on which lots it is asked


def test_the_composition_at_the_end_is_judged() -> None:
    tale = mined("mt-weld-cld", "mt-weld")
    assert tale.ending("COMP") == []
    digest = tale.assay("A", **ore("longnan"))
    assert ("COMP-DEPOSIT", "lot:A") in tale.ending("COMP")
    (found,) = [item for item in fingerprints(tale.history) if item.code == "COMP-DEPOSIT"]
    assert digest in found.events
    tale.retract("lab", digest)
    assert tale.ending("COMP") == []


def test_void_lots_are_passed_over() -> None:
    tale = mined("longnan", "mt-weld")
    tale.retract("mine", tale.lot("A").born.hash)
    assert tale.ending("COMP") == []


@pytest.mark.parametrize("form", ["residue", "oxide-mixed", "swarf", "gravel"])
def test_other_forms_are_not_compared(form: str) -> None:
    assert mined("longnan", "mt-weld", form).ending("COMP") == []


def follow(tale: Tale, stage: str, form: str, row: str = "longnan", **members: Any) -> Tale:
    """Through a stage into a lot B; the recorded inputs have no figures of their own to be compared with."""
    tale.turn(stage, *MINE, ["A"], made("B", 20, form, **ore(row)), **members)
    return tale


@pytest.mark.parametrize(
    ("stage", "form", "codes"),
    [
        ("beneficiate", "concentrate", ["COMP-DEPOSIT", "COMP-GATE"]),
        ("crack_leach", "mixed-carbonate", ["COMP-DEPOSIT", "COMP-GATE"]),
        ("repack", "ore", ["COMP-DEPOSIT", "COMP-GATE"]),
        ("crack_leach", "oxide", []),
        ("separate", "mixed-carbonate", []),
        ("hydromet_recycled", "concentrate", []),
    ],
)
def test_the_deposit_follows_until_something_separates(stage: str, form: str, codes: list[str]) -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 100), deposit="mt-weld")
    follow(tale, stage, form)
    assert tale.ending("COMP") == [(code, "lot:B") for code in codes]


def test_book_and_claim_leaves_no_deposit() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 100), deposit="mt-weld")
    follow(tale, "beneficiate", "concentrate", custody_model="mass_balance")
    assert tale.ending("COMP") == []


def test_cerium_may_be_left_behind_by_leaching_and_the_gate_says_both() -> None:
    depleted = {**ore("mt-weld-cld"), "CeO2": 0.3}
    tale = mined("mt-weld-cld", "mt-weld")
    tale.turn("crack_leach", *MINE, ["A"], made("B", 10, "mixed-carbonate", **depleted))
    (message,) = said(tale)
    assert "unless cerium was removed on purpose" in message
    assert tale.ending("COMP") == [("COMP-GATE-INFO", "lot:B")]


def test_a_void_input_leaves_no_deposit() -> None:
    tale = mined("mt-weld-cld", "mt-weld")
    follow(tale, "beneficiate", "concentrate")
    assert tale.ending("COMP")
    tale.retract("mine", tale.lot("A").born.hash)
    assert tale.ending("COMP") == []


# --- Blends


def blended(deposits: tuple[str | None, str | None], first: str, second: str, **members: Any) -> Tale:
    """60 kg and 40 kg, blended, with the figures of that mixture or those in `members`."""
    tale = peopled()
    for lot, row, deposit in (("A", first, deposits[0]), ("B", second, deposits[1])):
        stated = {"deposit": deposit} if deposit else {}
        tale.extract(*MINE, made(lot, 100, **ore(row)), **stated)
    figures = members or {oxide: 0.6 * ore(first).get(oxide, 0) + 0.4 * ore(second).get(oxide, 0) for oxide in OXIDES}
    tale.turn("blend", *MINE, [("A", 60), ("B", 40)], made("C", 100, **figures))
    return tale


def about(tale: Tale, lot: str) -> list[str]:
    return [code for code, subject in tale.ending("COMP") if subject == f"lot:{lot}"]


def test_a_blend_is_compared_with_the_mixture() -> None:
    assert blended(("mt-weld", "xinfeng"), "mt-weld-cld", "xinfeng").ending("COMP") == []
    odd = blended(("mt-weld", "xinfeng"), "mt-weld-cld", "xinfeng", **ore("longnan"))
    assert "COMP-DEPOSIT" in about(odd, "C")
    (message,) = [item for item in said(odd, "COMP-DEPOSIT") if "lot C" in item]
    assert "a blend of 60% mt-weld" in message
    assert "40% xinfeng" in message


def test_a_blend_with_something_unknown_says_nothing() -> None:
    assert about(blended(("mt-weld", None), "mt-weld-cld", "xinfeng", **ore("longnan")), "C") == ["COMP-PATTERN"]
    tale = peopled()
    tale.extract(*MINE, made("A", 100, **ore("mt-weld-cld")), deposit="mt-weld")
    tale.declare("mine", "pit", made("B", 100, **ore("longnan")))
    tale.turn("blend", *MINE, [("A", 60), ("B", 40)], made("C", 100, **ore("longnan")))
    assert about(tale, "C") == ["COMP-PATTERN"]


def test_unknown_shares_leave_the_gates() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 100), deposit="mt-weld")
    tale.extract(*MINE, made("B", 100), deposit="mountain-pass")
    tale.turn("blend", *MINE, [("A", 60), ("B", 40)], made("C", 100, **ore("longnan")))
    assert about(tale, "C") == ["COMP-GATE"]


def test_a_clay_in_the_blend_opens_the_gates() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 100), deposit="mt-weld")
    tale.extract(*MINE, made("B", 100), deposit="xinfeng")
    tale.turn("blend", *MINE, [("A", 60), ("B", 40)], made("C", 100, **ore("longnan")))
    assert about(tale, "C") == []


def test_one_deposit_twice_is_one_deposit() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 100), deposit="mt-weld")
    tale.extract(*MINE, made("B", 100), deposit="mt-weld-cld")
    tale.turn("blend", *MINE, [("A", 60), ("B", 40)], made("C", 100, **ore("longnan")))
    assert about(tale, "C") == ["COMP-DEPOSIT", "COMP-GATE"]


def test_a_mixture_that_nobody_states_is_not_judged_again() -> None:
    tale = mined("longnan", "mt-weld")
    tale.turn("split", *MINE, ["A"], made("B", 50), made("C", 50))
    assert {subject for _code, subject in tale.ending("COMP")} == {"lot:A"}


# --- Noise


def test_honest_ore_is_left_in_peace_and_clay_is_found() -> None:
    rng = random.Random(4)  # noqa: S311  (a simulation, not a secret)
    alarms = {"mt-weld": 0, "xinfeng": 0}
    for _ in range(400):
        for row, group in (("mt-weld-cld", "mt-weld"), ("xinfeng", "xinfeng")):
            varied = {
                oxide: Share(round(p * 10**7 * exp(rng.gauss(0, 0.1 if p >= 1 else 0.2 if p >= 0.1 else 0.3))))
                for oxide, p in ore(row).items()
            }
            found = analyse(varied)
            assert found is not None
            alarms[group] += misfit(found.parts, {group: 1.0}) is not None
            if row == "xinfeng":
                assert misfit(found.parts, {"mt-weld": 1.0}) is not None
                assert misfit(found.parts, {"mountain-pass": 1.0}) is not None
    assert alarms == {"mt-weld": 0, "xinfeng": 0}


# --- Any composition

analytes = st.sampled_from((*OXIDES, "Sc", "TREO", "Fe", "NdF3", "H2O", "Xyz9"))
shares = st.builds(
    Share,
    ppb=st.sampled_from((0, 1, 2, 1000, PPB)) | st.integers(0, PPB),
    u_ppb=st.none() | st.sampled_from((0, 1, PPB)) | st.integers(0, PPB),
)
compositions = st.dictionaries(analytes, shares, max_size=12)


@given(
    compositions,
    st.dictionaries(st.sampled_from(sorted({d.group for d in DEPOSITS.values()})), st.floats(0, 1), max_size=4),
    st.sampled_from((frozenset[str](), frozenset({"Ce"}))),
)
@settings(max_examples=trials(200), suppress_health_check=[HealthCheck.too_slow])
def test_any_composition_can_be_judged(
    composition: dict[str, Share], shares: dict[str, float], without: frozenset[str]
) -> None:
    analysis = analyse(composition)
    if analysis is None:
        return
    assert abs(sum(part.value for part in analysis.parts.values()) - analysis.total) < 1e-9
    found = misfit(analysis.parts, shares, without)
    assert found is None or (found.fit.distance > found.threshold and len(found.fit.apart) >= FEWEST)
    list(broken(analysis.parts, tuple(shares)))


@given(compositions, st.sampled_from([d for d in DEPOSITS.values() if d.confidence == "low" or "proxy" in d.name]))
@settings(max_examples=trials(60), deadline=None)
def test_what_is_doubtful_never_gives_more_than_info(composition: dict[str, Share], deposit: Any) -> None:
    tale = peopled()
    figures = {a: {"ppb": s.ppb} for a, s in composition.items()} or {"TREO": {"ppb": 1}}
    tale.extract(*MINE, {**made("A", 10), "composition": figures}, deposit=deposit.id)
    assert {item.severity for item in fingerprints(tale.history)} <= {"info"}


def test_lots_cost_alike() -> None:
    """A thousand splits of a blend are not judged again, and each event is looked at once."""
    tale = peopled()
    tale.extract(*MINE, made("A", 1000, **ore("mt-weld-cld")), deposit="mt-weld")
    tale.turn("split", *MINE, ["A"], *(made(f"B{at}", 1) for at in range(1000)))
    tale.turn("blend", *MINE, [f"B{at}" for at in range(1000)], made("C", 1000, **ore("mt-weld-cld")))
    assert tale.ending("COMP") == []


def test_places_do_not_matter() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 100), deposit="mt-weld")
    tale.move("A", MINE, PLANT, "AU", "MY")
    tale.turn("beneficiate", *PLANT, ["A"], made("B", 20, "concentrate", **ore("longnan")))
    tale.move("B", PLANT, SHOP, "MY", "JP")
    assert tale.ending("COMP") == [("COMP-DEPOSIT", "lot:B"), ("COMP-GATE", "lot:B")]


# --- More than the deposit holds, where the feed is known by its TREO alone


def separated_dy(kg: float, deposit: str = "mt-weld") -> Tale:
    tale = peopled()
    tale.extract(*MINE, made("A", 1000, "ore", TREO=10), deposit=deposit)
    tale.turn("crack_leach", *MINE, ["A"], made("B", 200, "mixed-carbonate", TREO=45))
    tale.move("B", MINE, PLANT)
    tale.turn("separate", *PLANT, ["B"], made("C", kg, "oxide-dy", Dy2O3=99.5))
    return tale


def test_dysprosium_that_the_deposit_does_not_hold() -> None:
    found = separated_dy(20).ending("COMP")  # 90 kg of TREO with 0.2 % Dy2O3 at most hold 0.18 kg
    assert [code for code, _subject in found] == ["COMP-DEPOSIT"]
    assert separated_dy(0.3).ending("COMP") == []


def test_a_doubtful_deposit_only_informs() -> None:
    assert [code for code, _ in separated_dy(85, "browns-range").ending("COMP")] == ["COMP-DEPOSIT-INFO"]
