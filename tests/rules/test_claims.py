"""Words that the form belies: customs codes and kinds of waste."""

from __future__ import annotations

import pytest

from tests.rules.tale import MINE, PLANT, SHOP, Tale, made, peopled


def shipped(code: str, *forms: str) -> Tale:
    tale = peopled()
    lots = [f"L{number}" for number in range(len(forms))]
    tale.declare(*SHOP, *(made(lot, 1, form) for lot, form in zip(lots, forms, strict=True)))
    tale.say("ship", "shop", site="tokyo", lots=[{"lot": lot} for lot in lots], to="kuantan", hs=code)
    return tale


def misdeclared(code: str, *forms: str) -> bool:
    return any(found == "DATA-HS" for found, _subject in shipped(code, *forms).ending())


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ("ore", "97012100"),
        ("concentrate", "7203"),
        ("oxide-ndpr", "282110"),
        ("oxide-sb", "281700"),
        ("metal-nd", "7203"),
        ("alloy", "282110"),
        ("magnet-ndfeb-sintered", "7326"),
        ("magnet-smco", "690310"),
        ("iron", "8505"),
        ("strip-cast", "850511"),
        ("powder", "850511"),
    ],
)
def test_a_code_for_other_goods(form: str, code: str) -> None:
    assert misdeclared(code, form)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ("ore", "25309000"),
        ("concentrate-monazite", "2612"),
        ("mixed-carbonate", "28469090"),
        ("oxide-ndpr", "2846"),
        ("oxide-ga", "282590"),
        ("metal-nd", "28053000"),
        ("metal-ga", "811292"),
        ("alloy", "7202"),
        ("strip-cast", "7206"),
        ("ferroboron", "720299"),
        ("block", "850511"),
        ("compact", "850511"),
        ("magnet-ndfeb-sintered", "85051190"),
        ("swarf", "7204"),
        ("scrap", "2846"),
        ("eol-magnet", "847170"),
        ("residue", "3825"),
        ("residue", "9701"),
        ("end-item", "8501"),
        ("gravel", "9701"),
    ],
)
def test_a_code_that_can_be(form: str, code: str) -> None:
    assert not misdeclared(code, form)


def test_one_lot_that_fits_is_enough_and_a_void_shipment_says_nothing() -> None:
    assert not misdeclared("8505", "iron", "magnet-ndfeb")
    assert misdeclared("9701", "iron", "magnet-ndfeb")
    tale = shipped("9701", "iron")
    tale.retract("shop", tale.lot("L0").facts[-1].hash)
    assert tale.ending("DATA-HS") == []
    tale.extract(*MINE, made("A", 1))
    tale.move("A", MINE, PLANT)
    assert tale.ending("DATA-HS") == []


def recovered(form: str, waste: str | None, feedstock: str | None = None) -> Tale:
    tale = peopled()
    members = {"waste": waste, "feedstock": feedstock}
    stated = {name: value for name, value in members.items() if value is not None}
    tale.say("recover", "shop", site="tokyo", outputs=[made("W", 1, form)], **stated)
    return tale


@pytest.mark.parametrize(
    ("form", "feedstock"),
    [
        ("swarf", None),
        ("swarf-ndfeb", "end-of-life motors"),
        ("scrap", "Grinding sludge"),
        ("scrap", "magnet rejects"),
        ("scrap", "block off-cuts"),
        ("scrap", "production scrap from a magnet maker"),
        ("oxide", "machining swarf"),
    ],
)
def test_waste_of_manufacturing_is_not_post_consumer(form: str, feedstock: str | None) -> None:
    tale = recovered(form, "post_consumer", feedstock)
    assert tale.ending("ORIG-WASTE") == [("ORIG-WASTE", "lot:W")]
    tale.retract("shop", tale.lot("W").born.hash)
    assert tale.ending("ORIG-WASTE") == []


@pytest.mark.parametrize(
    ("form", "waste", "feedstock"),
    [
        ("swarf", "pre_consumer", "grinding sludge"),
        ("swarf", None, None),
        ("eol-magnet", "post_consumer", "hard disk drives"),
        ("scrap", "post_consumer", "end-of-life magnet scrap"),
        ("scrap", "post_consumer", "motors of scrapped cars, without production scrap"),
        ("scrap", "post_consumer", "MRI magnets (no swarf)"),
        ("scrap", "post_consumer", "magnets of grinding machines"),
        ("scrap", "post_consumer", "warranty rejects of consumers"),
    ],
)
def test_honest_waste(form: str, waste: str | None, feedstock: str | None) -> None:
    assert recovered(form, waste, feedstock).ending("ORIG-WASTE") == []


def coded(tale: Tale) -> list[str]:
    return [subject for code, subject in tale.ending() if code == "ORIG-CN-CODE"]


def test_alloy_as_magnets_by_way_of_china() -> None:
    tale = peopled()
    tale.declare(*PLANT, made("A", 1, "alloy"))
    sent = tale.ship(*PLANT, "A", "tokyo", "MY", "CN", "JP", title="retained", hs="850511")
    (item,) = [item for item in tale.concluded() if item.code == "ORIG-CN-CODE"]
    assert (item.subject, item.events) == ("lot:A", (sent,))
    tale.retract("plant", sent)
    assert coded(tale) == []


@pytest.mark.parametrize(
    ("form", "route", "code"),
    [
        ("alloy", ("MY", "SG", "JP"), "850511"),
        ("block", ("MY", "CN", "JP"), "850511"),
        ("alloy", ("MY", "CN", "JP"), "7202"),
    ],
)
def test_elsewhere_and_under_a_code_that_fits(form: str, route: tuple[str, ...], code: str) -> None:
    tale = peopled()
    tale.declare(*PLANT, made("A", 1, form))
    tale.ship(*PLANT, "A", "tokyo", *route, hs=code)
    assert coded(tale) == []
