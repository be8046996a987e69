from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.model.quantity import Mass, Share
from ledger.rules.history import DEFAULT_TOLERANCES
from ledger.rules.lot import MOST_U_PPM, Drawn, mixture, round_half_even, uncertainty
from tests.rules.tale import MG, MINE, PLANT, SHOP, WORKS, Tale, made, peopled, shares


@pytest.fixture
def tale() -> Tale:
    return peopled()


# --- Uncertainty


@pytest.mark.parametrize(
    ("mg", "u_mg", "expected"),
    [
        (1_000_000, None, 5_000),
        (199, None, 0),
        (200, None, 1),
        (0, None, 0),
        (1_000_000, 7, 7),
        (1_000_000, 0, 0),
        (1_000_000, 50_000, 50_000),
        (1_000_000, 50_001, 50_000),
        (1_000_000, 10**9, 50_000),
        (0, 5, 0),
    ],
)
def test_the_uncertainty_of_a_mass(mg: int, u_mg: int | None, expected: int) -> None:
    assert uncertainty(Mass(mg, u_mg), DEFAULT_TOLERANCES) == expected
    assert MOST_U_PPM == 50_000


# --- Rounding


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (0, 7, 0),
        (1, 2, 0),
        (3, 2, 2),
        (5, 2, 2),
        (7, 2, 4),
        (9, 2, 4),
        (1, 3, 0),
        (2, 3, 1),
        (4, 3, 1),
        (6, 3, 2),
        (25, 10, 2),
        (35, 10, 4),
    ],
)
def test_half_goes_to_the_even(numerator: int, denominator: int, expected: int) -> None:
    assert round_half_even(numerator, denominator) == expected


@given(st.integers(0, 10**40), st.integers(1, 10**20))
def test_rounding_is_pythons_own_on_exact_fractions(numerator: int, denominator: int) -> None:
    assert round_half_even(numerator, denominator) == round(Fraction(numerator, denominator))


# --- Mixtures


def drawn(mg: int, **ppb: Any) -> Drawn:
    return Drawn(
        "x", mg, 0, {name: Share(*value) if isinstance(value, tuple) else Share(value) for name, value in ppb.items()}
    )


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([], None),
        ([None], None),
        ([drawn(1, Nd=10), None], None),
        ([drawn(1, Nd=10), Drawn("x", 1, 0, None)], None),
        ([drawn(0, Nd=10)], None),
        ([drawn(0, Nd=10), drawn(0, Nd=20)], None),
        ([drawn(5, Nd=10)], {"Nd": Share(10)}),
        ([drawn(1, Nd=10), drawn(1, Nd=20)], {"Nd": Share(15)}),
        ([drawn(3, Nd=10), drawn(1, Nd=20)], {"Nd": Share(12)}),  # 12.5
        ([drawn(1, Nd=10), drawn(3, Nd=20)], {"Nd": Share(18)}),  # 17.5
        ([drawn(1, Nd=1), drawn(1, Nd=0)], {"Nd": Share(0)}),  # 0.5
        ([drawn(1, Nd=3), drawn(1, Nd=0)], {"Nd": Share(2)}),  # 1.5
        ([drawn(1, Nd=10, Pr=4), drawn(1, Nd=20)], {"Nd": Share(15)}),
        ([drawn(1, Pr=4), drawn(1, Nd=20)], None),
        ([drawn(1, Nd=10), drawn(1, Nd2O3=10)], None),
        ([drawn(0, Nd=10), drawn(5, Nd=20)], {"Nd": Share(20)}),
        ([drawn(1, Nd=10**9), drawn(1, Nd=10**9)], {"Nd": Share(10**9)}),
        ([drawn(1, Nd=(10, 3)), drawn(1, Nd=(20, 4))], {"Nd": Share(15, 2)}),  # sqrt(9 + 16) / 2
        ([drawn(1, Nd=(10, 3)), drawn(1, Nd=20)], {"Nd": Share(15)}),
        ([drawn(1, Nd=(10, 0)), drawn(1, Nd=(20, 0))], {"Nd": Share(15, 0)}),
    ],
)  # fmt: skip
def test_a_mixture_weighs_by_mass(parts: list[Drawn | None], expected: Any) -> None:
    assert mixture(parts) == expected


@given(st.lists(st.tuples(st.integers(0, 2**53 - 1), st.integers(0, 10**9)), min_size=2, max_size=5))
def test_a_mixture_lies_between_its_parts(pairs: list[tuple[int, int]]) -> None:
    mixed = mixture([drawn(mg, Nd=ppb) for mg, ppb in pairs])
    total = sum(mg for mg, _ppb in pairs)
    if total == 0:
        assert mixed is None
    else:
        exact = Fraction(sum(mg * ppb for mg, ppb in pairs), total)
        assert mixed == {"Nd": Share(round(exact))}


# --- A lot's state


def test_a_new_lot_is_its_makers_where_it_was_made(tale: Tale) -> None:
    digest = tale.extract(*MINE, made("A", 10, Nd=1))
    lot = tale.lot("A")
    assert (lot.holder, lot.owner, lot.site, lot.head, lot.born.hash) == ("mine", "mine", "pit", digest, digest)
    assert (lot.mass_mg, lot.u_mg, lot.left_mg, lot.left_var) == (10 * MG, 50_000, 10 * MG, 50_000**2)
    assert lot.composition == {"Nd": Share(10**7)}
    assert (lot.shipment, lot.disputed, lot.void, lot.draws) == (None, None, None, {})


def test_draws_are_taken_off_and_their_variances_add_up(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10))
    first = tale.turn("split", *MINE, [("A", 4)], made("B", 4))
    lot = tale.lot("A")
    assert (lot.left_mg, lot.left_var) == (6 * MG, 50_000**2 + 20_000**2)
    assert lot.draws[first] == Drawn("A", 4 * MG, 20_000, None)
    second = tale.turn("split", *MINE, [("A", 1)], made("C", 1))
    assert (lot.left_mg, lot.left_var) == (5 * MG, 50_000**2 + 20_000**2 + 5_000**2)
    rest = tale.turn("split", *MINE, ["A"], made("D", 5))
    assert lot.draws[rest] == Drawn("A", 5 * MG, int((50_000**2 + 20_000**2 + 5_000**2) ** 0.5), None)
    assert lot.left_mg == 0
    assert list(lot.draws) == [first, second, rest]
    tale.turn("split", *MINE, ["A"], made("E", 1))
    assert tale.codes("CUST") == ["CUST-EXHAUSTED"]


@pytest.mark.parametrize(
    ("kg", "codes"),
    [
        (5.99, []),
        (6, []),
        # sigma of 10 kg, 4 kg drawn before and 6.1 kg drawn now is 0.0619 kg
        (6.1, ["MASS-REMAINDER"]),
        (6.18, ["MASS-REMAINDER"]),
        (6.19, ["CUST-OVERDRAWN"]),
        (60, ["CUST-OVERDRAWN"]),
    ],
)
def test_a_draw_may_exceed_what_is_left_by_noise(tale: Tale, kg: float, codes: list[str]) -> None:
    tale.extract(*MINE, made("A", 10))
    tale.turn("split", *MINE, [("A", 4)], made("B", 4))
    tale.turn("split", *MINE, [("A", kg)], made("C", 1))
    assert [code for code in tale.codes() if code.startswith(("CUST", "MASS"))] == codes
    assert tale.lot("A").left_mg == (10_000 if kg == 5.99 else 0)


def test_exact_scales_leave_no_noise(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, u_mg=0))
    tale.say("dispose", "mine", site="pit", lots=[{"lot": "A", "mass": {"mg": 10 * MG + 1, "u_mg": 0}}])
    assert tale.codes("CUST") == ["CUST-OVERDRAWN"]


def test_a_declared_uncertainty_does_not_swallow_a_gain(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10))
    tale.say("dispose", "mine", site="pit", lots=[{"lot": "A", "mass": {"mg": 20 * MG, "u_mg": 10 * MG}}])
    assert tale.codes("CUST") == ["CUST-OVERDRAWN"]
    assert tale.codes("DATA") == ["DATA-UNCERTAINTY"]


def test_a_shipment_is_in_nobodys_hands(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10))
    sent = tale.ship(*MINE, "A", "plant")
    lot = tale.lot("A")
    assert (lot.holder, lot.site) == ("mine", "pit")
    assert lot.shipment is not None
    assert lot.shipment.hash == sent
    for actor, site in (MINE, PLANT):
        tale.turn("split", actor, site, [("A", 1)], made(f"B-{actor}", 1))
        assert tale.codes("CUST") == ["CUST-IN-TRANSIT"]


def test_a_receipt_hands_over_and_measures_anew(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10))
    tale.turn("split", *MINE, [("A", 4)], made("B", 4))
    tale.ship(*MINE, "A", "plant", kg=6)
    tale.receive(*PLANT, "A", 5.95)
    lot = tale.lot("A")
    assert (lot.holder, lot.owner, lot.site, lot.shipment) == ("plant", "plant", "kuantan", None)
    assert (lot.mass_mg, lot.drawn_mg, lot.left_mg, lot.left_var) == (5_950_000, 0, 5_950_000, 29_750**2)
    assert tale.codes("MASS") == []


def test_a_receipt_without_a_mass_leaves_the_account_as_it_was(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10))
    tale.turn("split", *MINE, [("A", 4)], made("B", 4))
    tale.move("A", MINE, PLANT)
    lot = tale.lot("A")
    assert (lot.holder, lot.mass_mg, lot.drawn_mg, lot.left_mg) == ("plant", 10 * MG, 4 * MG, 6 * MG)


def test_title_may_stay_behind(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10))
    tale.ship(*MINE, "A", "plant", title="retained")
    tale.receive(*PLANT, "A")
    assert (tale.lot("A").holder, tale.lot("A").owner) == ("plant", "mine")


@pytest.mark.parametrize(("sent", "got", "codes"), [
    (None, 10.2, []), (None, 10.3, ["MASS-HANDOVER"]), (None, 9.7, ["MASS-HANDOVER"]), (None, 9.9, []),
    (9, 9.1, []), (9, 10, ["MASS-HANDOVER"]), (9.9, 10, []),
])  # fmt: skip
def test_two_scales_at_one_handover(tale: Tale, sent: float | None, got: float, codes: list[str]) -> None:
    tale.extract(*MINE, made("A", 10))
    tale.ship(*MINE, "A", "plant", kg=sent)
    tale.receive(*PLANT, "A", got)
    assert tale.codes("MASS") == codes
    assert tale.lot("A").left_mg == round(got * MG)


def test_shipping_other_than_what_is_left_is_found(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10))
    tale.turn("split", *MINE, [("A", 4)], made("B", 4))
    tale.ship(*MINE, "A", "plant", kg=10)
    assert tale.codes("MASS") == ["MASS-HANDOVER"]


def test_a_disputed_receipt_leaves_the_lot_on_its_way(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10))
    sent = tale.ship(*MINE, "A", "plant")
    disputed = tale.receive(*PLANT, "A", 5, result="disputed", reason="wet")
    lot = tale.lot("A")
    assert tale.codes("CUST") == ["CUST-DISPUTED"]
    assert (lot.holder, lot.mass_mg) == ("mine", 10 * MG)
    assert (lot.shipment is not None) and lot.shipment.hash == sent
    assert (lot.disputed is not None) and lot.disputed.hash == disputed
    assert tale.ending("CUST") == []  # it was said already
    tale.turn("split", *MINE, ["A"], made("B", 1))
    assert tale.codes("CUST") == ["CUST-IN-TRANSIT"]
    tale.receive(*PLANT, "A", 9.9)
    assert (lot.holder, lot.disputed) == ("plant", None)


def test_a_dispute_may_end_with_the_shipment_taken_back(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10))
    sent = tale.ship(*MINE, "A", "plant")
    tale.receive(*PLANT, "A", result="disputed", reason="wet")
    tale.retract("mine", sent)
    lot = tale.lot("A")
    assert (lot.holder, lot.shipment) == ("mine", None)
    tale.turn("split", *MINE, ["A"], made("B", 10))
    assert tale.codes("CUST") == []


@pytest.mark.parametrize(("to", "actor", "site", "codes"), [
    ("plant", "plant", "kuantan", []),
    ("kuantan", "plant", "kuantan", []),
    ("plant", "works", "ganzhou", ["CUST-RECEIVE"]),
    ("kuantan", "works", "ganzhou", ["CUST-RECEIVE"]),
    ("ganzhou", "plant", "kuantan", ["CUST-RECEIVE"]),
    ("kuantan", "works", "kuantan", []),  # and SIGN-SITE
])  # fmt: skip
def test_only_the_addressee_receives(tale: Tale, to: str, actor: str, site: str, codes: list[str]) -> None:
    tale.extract(*MINE, made("A", 10))
    tale.ship(*MINE, "A", to)
    tale.receive(actor, site, "A")
    assert tale.codes("CUST") == codes
    assert ("SIGN-SITE" in tale.codes()) == (actor == "works" and site == "kuantan")


def test_nothing_is_received_twice_or_unsent(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10))
    tale.receive(*MINE, "A")
    assert tale.codes("CUST") == ["CUST-RECEIVE"]
    tale.move("A", MINE, PLANT)
    tale.receive(*PLANT, "A")
    assert tale.codes("CUST") == ["CUST-RECEIVE"]


def test_a_shipment_that_nobody_received_is_open_at_the_end(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10), made("B", 10))
    tale.ship(*MINE, "A", "plant")
    assert tale.ending() == [("CUST-OPEN", "lot:A")]
    tale.receive(*PLANT, "A")
    assert tale.ending() == []


# --- Composition in force


def test_an_assay_counts_from_its_place_on(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Nd=1))
    before = tale.turn("split", *MINE, [("A", 1)], made("B", 1))
    tale.assay("A", Nd=2)
    after = tale.turn("split", *MINE, [("A", 1)], made("C", 1))
    lot = tale.lot("A")
    assert lot.draws[before].composition == {"Nd": Share(10**7)}
    assert lot.draws[after].composition == {"Nd": Share(2 * 10**7)}
    assert tale.lot("B").composition == {"Nd": Share(10**7)}
    assert tale.lot("C").composition == {"Nd": Share(2 * 10**7)}


def test_a_blend_is_the_mixture_of_what_was_drawn(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Nd=1, Pr=4), made("B", 10, Nd=3))
    tale.turn("blend", *MINE, [("A", 3), ("B", 1)], made("C", 4))
    assert tale.lot("C").composition == {"Nd": Share(15_000_000)}
    tale.turn("blend", *MINE, [("A", 1), ("B", 1)], made("D", 2, Nd=5))
    assert tale.lot("D").composition == {"Nd": Share(5 * 10**7)}


def test_other_stages_inherit_no_composition(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Nd=1))
    tale.turn("beneficiate", *MINE, ["A"], made("B", 1, "concentrate"))
    assert tale.lot("B").composition is None


# --- Retraction


def test_a_void_draw_gives_back_what_it_took(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10))
    draw = tale.turn("split", *MINE, [("A", 4)], made("B", 4))
    tale.turn("split", *MINE, [("A", 1)], made("C", 1))
    tale.retract("mine", draw)
    lot = tale.lot("A")
    assert (lot.left_mg, lot.left_var) == (9 * MG, 50_000**2 + 5_000**2)
    assert draw not in lot.draws
    assert tale.lot("B").void is not None
    assert lot.head == list(tale.history.facts)[-1]  # the chain keeps what is void


def test_all_that_is_left_is_told_again_after_a_retraction(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10))
    draw = tale.turn("split", *MINE, [("A", 4)], made("B", 4))
    rest = tale.turn("split", *MINE, ["A"], made("C", 6))
    assert tale.lot("A").draws[rest].mg == 6 * MG
    tale.retract("mine", draw)
    assert tale.lot("A").draws[rest].mg == 10 * MG


def test_a_void_assay_never_was(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10, Nd=1))
    assay = tale.assay("A", Nd=2)
    split = tale.turn("split", *MINE, [("A", 1)], made("B", 1))
    tale.turn("repack", *MINE, ["B"], made("C", 1))
    tale.retract("lab", assay)
    lot = tale.lot("A")
    assert (lot.composition, lot.composition_by) == ({"Nd": Share(10**7)}, lot.born.hash)
    assert lot.draws[split].composition == {"Nd": Share(10**7)}
    assert tale.lot("C").composition == tale.lot("B").composition == {"Nd": Share(10**7)}


def test_a_void_receipt_puts_the_lot_back_on_its_way(tale: Tale) -> None:
    tale.extract(*MINE, made("A", 10))
    tale.ship(*MINE, "A", "plant")
    receipt = tale.receive(*PLANT, "A", 9)
    tale.retract("plant", receipt)
    lot = tale.lot("A")
    assert (lot.holder, lot.mass_mg, lot.shipment is not None) == ("mine", 10 * MG, True)
    assert ("CUST-OPEN", "lot:A") in tale.ending()


@pytest.mark.parametrize("kind", ["draw", "ship", "receive", "dispose", "assay"])
def test_nothing_more_happens_to_a_void_lot(tale: Tale, kind: str) -> None:
    source = tale.extract(*MINE, made("A", 10))
    tale.retract("mine", source)
    match kind:
        case "draw":
            tale.turn("split", *MINE, ["A"], made("B", 1))
        case "ship":
            tale.ship(*MINE, "A", "plant")
        case "receive":
            tale.receive(*PLANT, "A")
        case "dispose":
            tale.say("dispose", "mine", site="pit", lots=[{"lot": "A"}])
        case _:
            tale.say("assay", "lab", lot="A", composition=shares(Nd=1))
    assert "CUST-LOT-VOID" in tale.codes("CUST")


def test_a_party_works_where_the_lot_is(tale: Tale) -> None:
    tale.site("annex", "plant", "MY")
    tale.extract(*MINE, made("A", 10))
    tale.move("A", MINE, PLANT)
    tale.turn("split", "plant", "annex", [("A", 1)], made("B", 1))
    assert tale.codes("CUST") == ["CUST-SITE"]
    tale.ship(*PLANT, "A", "annex")
    tale.receive("plant", "annex", "A")
    tale.turn("split", "plant", "annex", [("A", 1)], made("C", 1))
    assert tale.codes("CUST") == []
    tale.turn("split", *WORKS, [("A", 1)], made("D", 1))
    assert tale.codes("CUST") == ["CUST-HOLDER"]
    tale.turn("split", *SHOP, ["nowhere"], made("E", 1))
    assert tale.codes("CUST") == ["CUST-LOT-UNKNOWN"]


def test_an_event_names_the_newest_on_each_lot(tale: Tale) -> None:
    born = tale.extract(*MINE, made("A", 10))
    tale.turn("split", *MINE, [("A", 1)], made("B", 1))
    tale.say("dispose", "mine", site="pit", lots=[{"lot": "A", "prev": born}])
    assert tale.codes("CUST") == ["CUST-PREV"]


def test_a_retracted_weighing_leaves_the_lot_overdrawn_and_that_is_found() -> None:
    tale = peopled()
    tale.extract(*MINE, made("A", 100))
    tale.ship(*MINE, "A", "kuantan", "AU", "MY")
    digest = tale.receive(*PLANT, "A", 120)
    tale.turn("split", *PLANT, [("A", 118)], made("B", 118))
    assert "CUST-OVERDRAWN" not in dict(tale.ending("CUST"))
    tale.retract("plant", digest)
    assert ("CUST-OVERDRAWN", "lot:A") in tale.ending("CUST")
