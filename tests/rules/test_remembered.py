"""What is remembered of an object is of that object, whatever another one is called meanwhile, and not of too many."""

from __future__ import annotations

from ledger.model.quantity import Share
from ledger.rules.content import amount, elements_of
from ledger.rules.remembered import Remembered


def test_equal_objects_are_two_and_the_parts_count() -> None:
    kept: Remembered[str] = Remembered()
    one, other = {"Nd": 1}, {"Nd": 1}
    kept.keep("of one", one, "oxide")
    assert kept.get(one, "oxide") == "of one"
    assert kept.get(one, "metal") is None
    assert kept.get(other, "oxide") is None


def test_an_identity_is_not_used_again_while_something_is_remembered_of_it() -> None:
    kept: Remembered[int] = Remembered()
    for number in range(1000):
        made = {"Nd": number}
        assert kept.get(made) is None
        kept.keep(number, made)


def test_no_more_than_so_many_are_kept() -> None:
    kept: Remembered[int] = Remembered(most=3)
    made = [{"Nd": number} for number in range(4)]
    for number, item in enumerate(made):
        kept.keep(number, item)
    assert [kept.get(item) for item in made] == [None, None, None, 3]


def test_what_a_caller_does_with_its_elements_stays_with_it() -> None:
    composition = {"Nd": Share(ppb=250_000_000)}
    elements_of(composition)["Nd"] = 1.0
    elements_of(composition).clear()
    assert elements_of(composition) == {"Nd": 0.25}
    assert amount(8, composition, "oxide", "Nd").mid == 2.0
