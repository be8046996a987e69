"""Commands that record one custody event: `record ...`.

Each writes its options as one event of the import table and reads that back, so that there is one reading of masses,
compositions and countries.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.context import DEFAULT_LEDGER, OwnLedger, local_time
from cli.eventform import Form
from cli.hashes import wanted
from cli.writing import told, write
from ledger.errors import InputError

app = typer.Typer(no_args_is_help=True, help="Record one custody event, signed with the actor's key.")

Actor = Annotated[str, typer.Option("--actor", envvar="MONAZITE_ACTOR", help="The party that says it and signs.")]
Site = Annotated[str, typer.Option("--site", help="Where it happened.")]
At = Annotated[str | None, typer.Option("--at", help="When, with offset: 2026-03-01T08:30:00+08:00. Default: now.")]
Ref = Annotated[str | None, typer.Option("--ref", help="Your own name for the event, unique per party.")]
Note = Annotated[str | None, typer.Option("--note", help="Free text.")]
Evidence = Annotated[
    list[Path] | None,
    typer.Option("--evidence", help="A supporting file, kept by hash; may be repeated.", exists=True, dir_okay=False),
]
Out = Annotated[
    list[str],
    typer.Option(
        "--out",
        help='A lot created: "LOT; FORM; 4 kg; u 10 g; Nd2O3 74.1 %; u Nd2O3 0.2 %"; `monazite explain forms` lists forms.',
        metavar="LOT;FORM;MASS...",
    ),
]
In = Annotated[
    list[str],
    typer.Option("--in", help='A lot drawn on: "LOT; 400 kg", or "LOT" for all that is left.', metavar="LOT[;MASS]"),
]
Lots = Annotated[
    list[str],
    typer.Option(
        "--lot", help='A lot: "LOT", or "LOT; 400 kg; u 2 kg" with the mass you measured.', metavar="LOT[;MASS]"
    ),
]


def _write(ledger: str, form: Form) -> None:
    drafts = form.drafts()
    told(write(ledger, lambda _registrar: [draft.members for draft in drafts]))


@app.command()
def extract(
    actor: Actor,
    site: Site,
    out: Out,
    deposit: Annotated[str | None, typer.Option(help="The deposit, by id, group or name.")] = None,
    mineral: Annotated[str | None, typer.Option(help="The mineral.")] = None,
    country: Annotated[str | None, typer.Option(help="Country of mining. Default: the site's.")] = None,
    at: At = None,
    ref: Ref = None,
    note: Note = None,
    evidence: Evidence = None,
    ledger: OwnLedger = DEFAULT_LEDGER,
) -> None:
    """A miner takes material from the ground.

    Example: monazite record extract --actor lynas --site mt-weld --deposit mt-weld-cld --out "ORE-1; ore; 1000 t; TREO 8 %"
    """
    _write(
        ledger,
        Form(
            "extract",
            ref,
            at,
            note,
            evidence,
            actor=actor,
            site=site,
            deposit=deposit,
            mineral=mineral,
            country=country,
        ).add("out", out, form=True),
    )


@app.command()
def recover(
    actor: Actor,
    site: Site,
    out: Out,
    feedstock: Annotated[str | None, typer.Option(help="swarf, end-of-life motors, ...")] = None,
    waste: Annotated[str | None, typer.Option(help="pre_consumer or post_consumer.")] = None,
    country: Annotated[
        str | None, typer.Option(help="Declared origin: mine=AU;separate=CN, or a country of mining. Blank is unknown.")
    ] = None,
    at: At = None,
    ref: Ref = None,
    note: Note = None,
    evidence: Evidence = None,
    ledger: OwnLedger = DEFAULT_LEDGER,
) -> None:
    """A recycler brings in swarf or end-of-life material.

    Example: monazite record recover --actor hds --site ibaraki --feedstock swarf --out "SW-1; swarf; 2 t; TREE 30 %"
    """
    _write(
        ledger,
        Form(
            "recover",
            ref,
            at,
            note,
            evidence,
            actor=actor,
            site=site,
            feedstock=feedstock,
            waste=waste,
            country=country,
        ).add("out", out, form=True),
    )


@app.command()
def declare(
    actor: Actor,
    site: Site,
    out: Out,
    country: Annotated[
        str | None, typer.Option(help="Declared origin: mine=AU;separate=MY. What is not stated is unknown.")
    ] = None,
    supplier: Annotated[str | None, typer.Option(help="Who it was bought from.")] = None,
    at: At = None,
    ref: Ref = None,
    note: Note = None,
    evidence: Evidence = None,
    ledger: OwnLedger = DEFAULT_LEDGER,
) -> None:
    """A holder brings in stock bought off-ledger; never stronger than a declaration.

    Example: monazite record declare --actor vac --site sumter --country "mine=US" --out "FE-1; iron; 10 t; Fe 99.8 %"
    """
    _write(
        ledger,
        Form("declare", ref, at, note, evidence, actor=actor, site=site, country=country, supplier=supplier).add(
            "out", out, form=True
        ),
    )


@app.command()
def transform(
    actor: Actor,
    site: Site,
    stage: Annotated[
        str,
        typer.Option(help="separate, alloy_melt, ..., or blend, split, repack; `monazite explain stages` lists them."),
    ],
    in_: In,
    out: Out,
    losses: Annotated[str | None, typer.Option(help='Declared losses: "dust=1.2 kg;slag=3 kg".')] = None,
    equipment: Annotated[str | None, typer.Option(help='"what@CC", separated by ";".')] = None,
    technology: Annotated[str | None, typer.Option(help='"what@CC", separated by ";".')] = None,
    custody_model: Annotated[
        str | None, typer.Option(help="ISO 22095: identity_preserved, segregated, mass_balance, ...")
    ] = None,
    at: At = None,
    ref: Ref = None,
    note: Note = None,
    evidence: Evidence = None,
    ledger: OwnLedger = DEFAULT_LEDGER,
) -> None:
    """A processor turns lots into lots at one stage.

    Example: monazite record transform --actor lynas --site gebeng --stage separate --in "MREC-1; 5 t" --out "NDPR-1; oxide-ndpr; 1.1 t; Nd2O3 74 %"
    """
    form = Form(
        "transform", ref, at, note, evidence, actor=actor, site=site, stage=stage, losses=losses, equipment=equipment, technology=technology,
        custody_model=custody_model,
    )  # fmt: skip
    _write(ledger, form.add("in", in_).add("out", out, form=True))


@app.command()
def ship(
    actor: Actor,
    site: Site,
    to: Annotated[str, typer.Option(help="The receiving party or site.")],
    lot: Lots,
    route: Annotated[str | None, typer.Option(help="Countries, both ends included: AU>SG>MY.")] = None,
    carrier: Annotated[str | None, typer.Option(help="Who carries it.")] = None,
    title: Annotated[str | None, typer.Option(help="passes or retained.")] = None,
    at: At = None,
    ref: Ref = None,
    note: Note = None,
    evidence: Evidence = None,
    ledger: OwnLedger = DEFAULT_LEDGER,
) -> None:
    """The holder hands whole lots over; split first to ship a part.

    Example: monazite record ship --actor lynas --site mt-weld --to gebeng --lot "CON-1; 100 t" --route "AU>MY"
    """
    _write(
        ledger,
        Form(
            "ship", ref, at, note, evidence, actor=actor, site=site, to=to, route=route, carrier=carrier, title=title
        ).add("subject", lot),
    )


@app.command()
def receive(
    actor: Actor,
    site: Site,
    lot: Lots,
    dispute: Annotated[str | None, typer.Option("--dispute", help="Do not accept, and say why.")] = None,
    at: At = None,
    ref: Ref = None,
    note: Note = None,
    evidence: Evidence = None,
    ledger: OwnLedger = DEFAULT_LEDGER,
) -> None:
    """The addressee takes lots over, with its own measurement.

    Example: monazite record receive --actor lynas --site gebeng --lot "CON-1; 99.9 t; u 0.3 t"
    """
    _write(ledger, Form("receive", ref, at, note, evidence, actor=actor, site=site, reason=dispute).add("subject", lot))


@app.command()
def assay(
    actor: Actor,
    lot: Annotated[
        list[str], typer.Option("--lot", help='The lot and what was measured: "LOT; Nd2O3 74.1 %; u Nd2O3 0.2 %".')
    ],
    method: Annotated[str | None, typer.Option(help="ICP-MS, XRF, ...")] = None,
    site: Annotated[str | None, typer.Option(help="Where it was measured.")] = None,
    at: At = None,
    ref: Ref = None,
    note: Note = None,
    evidence: Evidence = None,
    ledger: OwnLedger = DEFAULT_LEDGER,
) -> None:
    """A laboratory's measured composition of one lot.

    Example: monazite record assay --actor sgs --lot "NDPR-1; Nd2O3 74.2 %; Pr6O11 25.1 %" --method ICP-OES
    """
    _write(ledger, Form("assay", ref, at, note, evidence, actor=actor, site=site, method=method).add("subject", lot))


@app.command()
def attest(
    actor: Actor,
    scheme: Annotated[str, typer.Option(help="The standard or scheme.")],
    result: Annotated[str, typer.Option(help="What was found.")],
    lot: Annotated[list[str] | None, typer.Option("--lot", help="A lot it speaks of; may be repeated.")] = None,
    party: Annotated[list[str] | None, typer.Option("--party", help="A party it speaks of; may be repeated.")] = None,
    about_site: Annotated[
        list[str] | None, typer.Option("--about-site", help="A site it speaks of; may be repeated.")
    ] = None,
    valid_from: Annotated[str | None, typer.Option(help="2026-01-01")] = None,
    valid_until: Annotated[str | None, typer.Option(help="2026-12-31")] = None,
    at: At = None,
    ref: Ref = None,
    note: Note = None,
    ledger: OwnLedger = DEFAULT_LEDGER,
) -> None:
    """An auditor's claim about lots, parties or sites.

    Example: monazite record attest --actor tuv --scheme "ISO 22095" --result conforms --about-site gebeng
    """
    members: dict[str, Any] = {
        "type": "attest",
        "actor": actor,
        "at": at or local_time(),
        "scheme": scheme,
        "result": result,
    }
    optional = {
        "lots": [{"lot": name} for name in lot or ()],
        "parties": list(party or ()),
        "sites": list(about_site or ()),
        "valid_from": valid_from,
        "valid_until": valid_until,
        "ref": ref,
        "note": note,
    }
    members |= {key: value for key, value in optional.items() if value}
    told(write(ledger, lambda _registrar: [members]))


@app.command()
def retract(
    actor: Actor,
    target: Annotated[str, typer.Option(help="Hash or ref of the event that is void.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    replacement: Annotated[str | None, typer.Option(help="Ref of the event that stands in its place.")] = None,
    at: At = None,
    ref: Ref = None,
    note: Note = None,
    ledger: OwnLedger = DEFAULT_LEDGER,
) -> None:
    """Void an earlier event; both stay visible, and what descends from it is flagged.

    Example: monazite record retract --actor lynas --target E-17 --reason "weighed the wrong drum" --replacement E-17b
    """
    members = {"type": "retract", "actor": actor, "at": at or local_time(), "target": target, "reason": reason}
    optional = {"replacement": replacement, "ref": ref, "note": note}
    said = {**members, **{key: value for key, value in optional.items() if value}}
    try:
        told(write(ledger, lambda _registrar: [said]))
    except InputError as error:
        if error.field == "target" and (more := wanted(target)):
            raise InputError(f"{error.message}{more}", field="target") from error
        raise


@app.command()
def dispose(
    actor: Actor,
    site: Site,
    lot: Lots,
    reason: Annotated[
        str | None, typer.Option(help='waste, sale or loss, with more words if you like: "sale: to a glass maker".')
    ] = None,
    at: At = None,
    ref: Ref = None,
    note: Note = None,
    evidence: Evidence = None,
    ledger: OwnLedger = DEFAULT_LEDGER,
) -> None:
    """Material leaves the ledger.

    Example: monazite record dispose --actor lynas --site gebeng --lot "SLAG-1" --reason waste
    """
    _write(ledger, Form("dispose", ref, at, note, evidence, actor=actor, site=site, reason=reason).add("subject", lot))
