"""The files are what the modules load, and nothing is read before it is asked for."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from ledger.errors import FormatError
from ledger.reference import countries, deposits, elements, facilities, outlines, recoveries
from ledger.reference.table import Table, parse, read

DATA = Path(elements.__file__).parent / "data"
NOT_LOADED_HERE = {"scenarios.csv"}

DESCRIPTIVE = {"id", "group", "confidence", "country", "mineral", "source"}


def loaded_elements() -> list[dict[str, str]]:
    """As the file orders them: each element with its usual oxide, then the alternatives."""
    found = [
        (position, {"symbol": element.symbol, "name": element.name, "atomic_weight": str(element.atomic_weight),
                    "oxide": oxide.formula, "oxide_factor": str(oxide.factor)})
        for element in elements.ELEMENTS.values()
        for position, oxide in enumerate(element.oxides)
    ]  # fmt: skip
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


def loaded_deposits() -> list[dict[str, str]]:
    return [
        {name: getattr(deposit, name) for name in DESCRIPTIVE}
        | {"deposit": deposit.name}
        | {oxide: str(percent) for oxide, percent in deposit.pattern.items()}
        for deposit in deposits.DEPOSITS.values()
    ]


def loaded_facilities() -> list[dict[str, str]]:
    plain = (
        "id",
        "name",
        "operator",
        "owner_country",
        "country",
        "region",
        "status",
        "source",
        "confidence",
        "party_id",
    )
    return [
        {name: getattr(facility, name) for name in plain}
        | {"stage": facility.kind, "stages": " ".join(facility.stages)}
        | {"lat": str(facility.lat), "lon": str(facility.lon)}
        for facility in facilities.FACILITIES.values()
    ]


def loaded_recoveries() -> list[dict[str, str]]:
    return [
        {
            "stage": band.stage,
            "basis": band.basis,
            "typical_low": str(band.low),
            "typical_high": str(band.high),
            "hard_max": str(band.hard_max),
            "source": band.source,
            "stage_code": band.stage_code,
        }
        for bands in recoveries.RECOVERIES.values()
        for band in bands
    ]


def loaded_outlines() -> list[dict[str, str]]:
    """Degrees as written, rings packed again."""
    found = []
    for outline in outlines.OUTLINES.values():
        lon, lat = (f"{degree:.2f}" for degree in outline.place) if outline.place else ("", "")
        packed = " ".join(outlines.pack([(round(x * 10), round(y * 10)) for x, y in ring]) for ring in outline.rings)
        cells = {"code": outline.code, "lat": lat, "lon": lon, "outline": packed}
        found.append({key: cell for key, cell in cells.items() if cell})
    return found


LOADED = {
    "countries.csv": lambda: [{"code": code, "name": text} for code, text in countries.COUNTRIES.items()],
    "deposits_reo.csv": loaded_deposits,
    "elements.csv": loaded_elements,
    "facilities.csv": loaded_facilities,
    "outlines.csv": loaded_outlines,
    "stage_yields.csv": loaded_recoveries,
}


def test_every_table_is_accounted_for() -> None:
    assert {path.name for path in DATA.glob("*.csv")} == LOADED.keys() | NOT_LOADED_HERE
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    for path in DATA.iterdir():
        assert path.name == "README.md" or f"`{path.name}`" in readme


@pytest.mark.parametrize("name", sorted(LOADED))
def test_the_modules_load_what_the_file_says(name: str) -> None:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        rows = [{key: cell for key, cell in row.items() if cell} for row in csv.DictReader(file)]
    assert rows
    assert LOADED[name]() == rows


@pytest.mark.parametrize("name", sorted(LOADED))
def test_the_readme_counts_the_rows(name: str) -> None:
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    assert f"| `{name}` | {len(read(name))} |" in readme


def test_importing_reads_no_table() -> None:
    program = """
import sys
before, opened = set(sys.modules), []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from ledger.reference import countries, deposits, elements, facilities, forms, outlines, recoveries, stages
assert not [name for name in opened if name.endswith(".csv")], opened
heavy = {"importlib.resources", "sqlmodel", "sqlalchemy", "pandas", "pydantic", "msgspec", "typer", "rich"}
assert not heavy & (sys.modules.keys() - before)
elements.content("Nd2O3"), elements.content("Dy2O3"), elements.ELEMENTS["Nd"]
assert len([name for name in opened if name.endswith(".csv")]) == 1, opened
assert {name for name in sys.modules if name.startswith("ledger") and not name.startswith("ledger.reference")} == {
    "ledger", "ledger.errors"
}
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_table_is_loaded_once_and_cannot_be_written() -> None:
    calls: list[int] = []

    def load() -> Mapping[str, int]:
        calls.append(1)
        return {"a": 1}

    table = Table(load)
    assert calls == []
    assert (table["a"], list(table), len(table), table.get("b"), repr(table)) == (1, ["a"], 1, None, "Table({'a': 1})")
    assert calls == [1]
    with pytest.raises(TypeError):
        table["a"] = 2  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "line"),
    [("a,b\n1\n", 2), ("a,b\n1,2\n1,2,3\n", 3), ('a,b\n"1,2\n', 2), ('a,b\n"1"x,2\n', 2)],
)
def test_a_broken_table_says_where(text: str, line: int) -> None:
    with pytest.raises(FormatError) as caught:
        parse(text, "broken.csv")
    assert (caught.value.file, caught.value.line) == ("broken.csv", line)


def test_cells_stay_text() -> None:
    assert parse('code,name\nNA,"a, b"\nNO,\n', "t.csv") == [{"code": "NA", "name": "a, b"}, {"code": "NO", "name": ""}]
