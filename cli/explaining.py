"""The command `explain`: what a finding code, a rule or a word means."""

from __future__ import annotations

from typing import Annotated, get_args

import typer

from cli.console import say, say_json, table
from cli.context import AsJson
from ledger.errors import UsageError

WORDS = ("forms", "stages", "roles")


def _words(kind: str, *, as_json: bool) -> None:
    from ledger.model.identity import ROLE_ALIASES, Role  # noqa: PLC0415  (start-up time)
    from ledger.reference.forms import FORMS  # noqa: PLC0415
    from ledger.reference.stages import STAGES  # noqa: PLC0415

    rows: dict[str, str] = {}
    if kind == "forms":
        rows = {name: form.title for name, form in FORMS.items()}
    elif kind == "stages":
        rows = {code: f"{stage.title} ({stage.kind})" for code, stage in STAGES.items()}
    else:
        rows = {
            str(role): ", ".join(alias for alias, meant in ROLE_ALIASES.items() if meant == role)
            for role in get_args(Role)
        }
    if as_json:
        say_json(rows)
    else:
        table((kind, "also written as" if kind == "roles" else "what"), list(rows.items()))
    if kind == "forms" and not as_json:
        say("Each may be followed by - and what it is of or how it was made: oxide-ndpr, magnet-ndfeb-sintered.")


def explain(
    code: Annotated[
        str | None,
        typer.Argument(
            help="A finding code, a rule's id, or forms, stages, roles. Default: list all codes.", metavar="[CODE]"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a finding code means and what to do; or list the `forms`, `stages` or `roles` that events may name.

    Example: monazite explain CUST-OVERDRAWN
    """
    import msgspec  # noqa: PLC0415  (start-up time)

    from ledger.rules.catalogue import CATALOGUE  # noqa: PLC0415

    if code is None:
        if as_json:
            say_json([msgspec.to_builtins(item) for item in CATALOGUE.values()])
        else:
            table(("code", "severity", "what"), [(item.code, item.severity, item.title) for item in CATALOGUE.values()])
        return
    if code.lower() in WORDS:
        _words(code.lower(), as_json=as_json)
        return
    item = CATALOGUE.get(code.upper())
    if item is None:
        from ledger.origin.policy.load import rules  # noqa: PLC0415  (only on this path)

        if code.upper() in rules():
            from cli.policy import show  # noqa: PLC0415

            show(code.upper(), as_json=as_json)
            return
        from difflib import get_close_matches  # noqa: PLC0415  (only on this path)

        near = get_close_matches(code.upper(), CATALOGUE, n=3)
        raise UsageError(
            f"there is no code {code!r}"
            + (f"; did you mean {', '.join(near)}?" if near else "; `monazite explain` lists them")
        )
    if as_json:
        say_json(msgspec.to_builtins(item))
        return
    say(f"{item.code}   {item.severity}" + (", refuses a submission" if item.refuses else ""))
    for heading, text in (("", item.title), ("What it says", item.meaning), ("What to do", item.remedy)):
        say(f"\n{heading}: {text}" if heading else text)
