"""What a signer is shown: nothing of weight is left out, and what is added up adds up."""

from __future__ import annotations

import msgspec
from hypothesis import given

from ledger.model.event import Event
from ledger.report.unsigned import described, kilograms, summary
from ledger.seal import canonical, prepared
from ledger.seal.keys import SigningKey
from ledger.seal.prepared import Checked, Prepared, PreparedOn
from tests import strategies
from tests.ledger.world import LEDGER

KEY = SigningKey.from_seed("mine", bytes(32))


def checked(*events: Event) -> Checked:
    data = [canonical.encode_event(event) for event in events]
    item = prepared.unsigned(LEDGER, "mine", [KEY.vkey], data)
    file = Prepared(
        format="monazite/unsigned@v1", ledger=LEDGER, head=PreparedOn(size=1, leaf="0" * 64), submissions=(item,)
    )
    (found,) = prepared.check(file)
    return found


def event(kind: str, at: str, **members: object) -> Event:
    base = {"v": 1, "type": kind, "ledger": LEDGER, "actor": "mine", "site": "pit", "at": at, **members}
    return canonical.decode_event(msgspec.json.encode(base, order="sorted"))


def lot(name: str, mg: int | None, **more: object) -> dict[str, object]:
    return {"lot": name, **({} if mg is None else {"mass": {"mg": mg}}), **more}


@given(strategies.events())
def test_every_lot_mass_and_further_member_is_in_the_line(event: Event) -> None:
    said = described(event)
    for name in [*(name for name, _prev in event.touches), *(output.lot for output in event.outputs_made)]:
        assert name in said
    for draw in event.draws:
        assert f"{draw.lot}, {kilograms(draw.mass)}" in said
    for output in event.outputs_made:
        assert f"{output.lot} ({output.form}), {kilograms(output.mass)}" in said
    for member in (
        "country",
        "origin",
        "route",
        "to",
        "stage",
        "target",
        "vkey",
        "losses",
        "owners",
        "ref",
        "note",
        "how",
    ):
        if getattr(event, member, None):
            assert f"{member} " in said


def test_a_shift_is_added_up() -> None:
    prev = "1" * 64
    made = [lot("B", 6_000_000, form="concentrate"), lot("C", 1, form="residue")]
    told = summary(
        checked(
            event(
                "transform",
                "2026-03-01T10:00:00+01:00",
                stage="beneficiate",
                outputs=made,
                inputs=[lot("A", 9_000_000, prev=prev)],
            ),
            event(
                "transform",
                "2026-03-01T08:30:00Z",
                stage="blend",
                outputs=[lot("D", 5, form="ore")],
                inputs=[lot("A", None, prev=prev)],
            ),
            event("dispose", "2026-03-01T08:00:00Z", lots=[lot("C", None, prev=prev)]),
        )
    )
    assert told == {
        "root": told["root"],
        "party": "mine",
        "events": 3,
        "types": {"dispose": 1, "transform": 2},
        "from": "2026-03-01T08:00:00Z",
        "until": "2026-03-01T10:00:00+01:00",
        "made": {"lots": 3, "mg": 6_000_006, "unstated": 0},
        "drawn": {"lots": 1, "mg": 9_000_000, "unstated": 1},
        "handed": {"lots": 1, "mg": 0, "unstated": 1},
    }


def test_an_event_in_a_line() -> None:
    prev = "1" * 64
    made = event(
        "transform",
        "2026-03-01T10:00:00+01:00",
        stage="beneficiate",
        outputs=[lot("B", 6_000_000, form="concentrate")],
        inputs=[lot("A", 9_500_000, prev=prev), lot("Z", None, prev=prev)],
    )
    assert described(made) == (
        "draws A, 9.5 kg; draws Z, no mass stated: all of it; makes B (concentrate), 6 kg; stage beneficiate"
    )
    assay = event("assay", "2026-03-01T10:00:00Z", lot="A", prev=prev, composition={"Nd2O3": {"ppb": 5_000_001}})
    assert described(assay) == "A; Nd2O3 0.5000001 %"
