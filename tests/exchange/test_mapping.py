"""Mappings: a foreign table becomes ours only as the mapping says, and nothing is dropped without a word."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import BatchError, FormatError, InputError
from ledger.exchange import mapping, sources
from ledger.exchange.mapping import Mapping
from tests.trials import some

HEAD = 'name = "erp"\nversion = "7"\n'
BASE = (
    HEAD
    + """
ignore = ["Clerk"]
[columns]
"Doc" = "event"
"Date" = "at"
"Batch" = "lot"
"Net" = "mass"
"UoM" = "unit"
"Nd (%)" = "Nd %"
[constants]
type = "extract"
actor = "lynas"
site = "mt-weld"
form = "ore"
[file]
delimiter = ";"
decimal = ","
thousands = "."
[time]
format = "%d.%m.%Y %H:%M"
zone = "Australia/Perth"
[units]
lb = "0.45359237 kg"
[values.unit]
TO = "t"
"""
)
TABLE = "Doc;Date;Batch;Net;UoM;Nd (%);Clerk\nD1;01.03.2026 08:30;B1;1.234,5;TO;1,75;Ann\n"


def read(table: str, text: str = BASE) -> sources.Source:
    return sources.read(table.encode(), "erp.csv", "csv", mapping=mapping.parse(text.encode(), "m.toml"))


def only(table: str, text: str = BASE) -> dict[str, Any]:
    found = read(table, text)
    assert not found.errors
    (draft,) = found.drafts
    return draft.members


def faults(table: str, text: str = BASE) -> list[str]:
    found = read(table, text)
    assert not found.drafts
    return [str(error) for error in found.errors]


def refused(text: str) -> str:
    with pytest.raises(InputError) as caught:
        mapping.parse(text.encode(), "m.toml")
    return str(caught.value)


def test_a_foreign_row_becomes_an_event() -> None:
    members = only(TABLE)
    assert members["at"] == "2026-03-01T08:30:00+08:00"
    assert members["outputs"] == [
        {"lot": "B1", "form": "ore", "mass": {"mg": 1_234_500_000_000}, "composition": {"Nd": {"ppb": 17_500_000}}}
    ]
    assert read(TABLE).dropped == ["Clerk"]


def test_foreign_units_are_converted_exactly() -> None:
    members = only(TABLE.replace("1.234,5;TO", "100;lb"))
    assert members["outputs"][0]["mass"] == {"mg": 45_359_237}


def test_numbers_that_are_not_written_as_the_mapping_says_are_refused_and_not_guessed() -> None:
    assert faults(TABLE.replace("1.234,5", "1.23,5")) == [
        "erp.csv, line 2, Net: '1.23,5' is not a number as the mapping says, with ',' as decimal sign and '.' between thousands"
    ]


@pytest.mark.parametrize("thousands", ["", "."])
@pytest.mark.parametrize("cell", ["1.2", "1.2345", "0.125", ".5", "1.234.5", "1 234,5"])
def test_a_point_is_no_decimal_sign_where_the_mapping_says_a_comma(cell: str, thousands: str) -> None:
    text = BASE.replace('thousands = "."', f'thousands = "{thousands}"')
    (only_one,) = faults(TABLE.replace("1.234,5", cell), text)
    assert f"{cell!r} is not a number as the mapping says" in only_one


def test_a_point_between_thousands_that_nobody_named_is_not_a_decimal_sign() -> None:
    (only_one,) = faults(TABLE.replace("1.234,5", "1.234"), BASE.replace('thousands = "."', ""))
    assert (
        "'1.234' is not a number as the mapping says, with ',' as decimal sign and nothing between thousands"
        in only_one
    )


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u202f"])
def test_every_blank_between_thousands_is_the_same(blank: str) -> None:
    text = BASE.replace('thousands = "."', 'thousands = " "')
    assert only(TABLE.replace("1.234,5", f"1{blank}234,5"), text)["outputs"][0]["mass"] == {"mg": 1_234_500_000_000}


def test_a_per_cent_sign_may_stand_in_a_column_of_per_cent_alone() -> None:
    cells = TABLE.replace("1,75", "1,75 %")
    assert only(cells)["outputs"][0]["composition"] == {"Nd": {"ppb": 17_500_000}}
    ppm = BASE.replace('"Nd (%)" = "Nd %"', '"Nd" = "Nd ppm"')
    assert "'1.75 %' is a number with a unit" in faults(cells.replace("Nd (%)", "Nd"), ppm)[0]


def test_a_heading_with_another_unit_than_the_mapping_gives_it_is_refused() -> None:
    with pytest.raises(BatchError, match=r"line 1, Nd \(%\): the heading says %, and the mapping 'Nd ppm'"):
        read(TABLE, BASE.replace('= "Nd %"', '= "Nd ppm"'))
    kilograms = TABLE.replace("Net", "Net (kg)")
    text = BASE.replace('"Net"', '"Net (kg)"')
    with pytest.raises(
        BatchError, match=r"line 1, Net \(kg\): the heading says kg, and the mapping that its unit is t"
    ):
        read(
            kilograms.replace(";UoM", "").replace(";TO", ""),
            text.replace('"UoM" = "unit"\n', "").replace("[constants]", '[constants]\nunit = "t"'),
        )


def test_a_row_with_another_unit_than_its_heading_is_refused() -> None:
    text = BASE.replace('"Net"', '"Net [kg]"')
    table = TABLE.replace("Net", "Net [kg]")
    assert faults(table, text) == ["erp.csv, line 2, Net [kg]: the heading says kg, and the row t"]
    assert only(table.replace(";TO;", ";kg;"), text)["outputs"][0]["mass"] == {"mg": 1_234_500_000}


@pytest.mark.parametrize("amount", ["0 kg", "-0.45 kg"])
def test_a_unit_is_more_than_nothing(amount: str) -> None:
    assert "a unit is more than nothing" in refused(BASE.replace("0.45359237 kg", amount))


def test_a_negative_mass_in_a_foreign_unit_is_told_as_it_stands() -> None:
    assert "-1234.5 is negative" in faults(TABLE.replace("1.234,5;TO", "-1.234,5;lb"))[0]


def test_rows_above_the_header_are_counted_as_the_file_has_them() -> None:
    for above, skip in (("Report\n\n", 2), ("Report\n\nof March\n", 3)):
        assert only(above + TABLE, BASE.replace("[file]", f"[file]\nskip = {skip}"))["ref"] == "D1"
    commas = TABLE.replace(",", ".").replace("1.234.5", "1234.5").replace(";", ",")
    text = BASE.replace('delimiter = ";"\ndecimal = ","\nthousands = "."', "skip = 1")
    assert only("Report; March; 2026\n" + commas, text)["ref"] == "D1"


def test_a_day_without_a_time_is_no_moment_until_the_mapping_says_one() -> None:
    days = BASE.replace("%d.%m.%Y %H:%M", "%d.%m.%Y")
    table = TABLE.replace(" 08:30", "")
    assert faults(table, days) == [
        "erp.csv, line 2, Date: '01.03.2026' is a day without a time; say which is meant with `time_of_day` under [time]"
    ]
    noon = days.replace("[units]", 'time_of_day = "12:00"\n[units]')
    assert (
        only(table, noon)["at"]
        == only(TABLE.replace("01.03.2026 08:30", "2026-03-01"), noon)["at"]
        == "2026-03-01T12:00:00+08:00"
    )
    assert only(TABLE.replace("01.03.2026 08:30", "2026-03-01 08:30"), noon)["at"] == "2026-03-01T08:30:00+08:00"
    assert "write 12:00" in refused(days.replace("[units]", 'time_of_day = "24:00"\n[units]'))


@pytest.mark.parametrize("encoding", ["undefined", "hex", "klingon", ""])
def test_an_encoding_that_is_none_is_refused(encoding: str) -> None:
    assert "is no encoding known here" in refused(BASE.replace("[file]", f'[file]\nencoding = "{encoding}"'))


def test_a_week_is_no_time() -> None:
    assert "'2026-W09-1' is not a time" in faults(TABLE.replace("01.03.2026 08:30", "2026-W09-1"))[0]


def test_a_time_is_as_the_mapping_says() -> None:
    assert "erp.csv, line 2, Date: '2026/03/01' is not a time as %d.%m.%Y %H:%M" in faults(
        TABLE.replace("01.03.2026 08:30", "2026/03/01")
    )


@pytest.mark.parametrize("hour", ["25.10.2026 02:30", "29.03.2026 02:30"])
def test_an_hour_that_a_clock_change_repeats_or_leaves_out_is_no_moment(hour: str) -> None:
    found = faults(TABLE.replace("01.03.2026 08:30", hour), BASE.replace("Australia/Perth", "Europe/Berlin"))
    assert "happens twice or never in Europe/Berlin" in found[0]


def test_a_template_makes_an_identifier_of_several_columns() -> None:
    text = BASE.replace('"Batch" = "lot"\n', "").replace(
        "[constants]", '[templates]\nlot = "LYN-{Batch}/{Doc}"\n[constants]'
    )
    assert only(TABLE, text)["outputs"][0]["lot"] == "LYN-B1/D1"


def test_a_new_column_of_the_source_is_not_lost_without_a_word() -> None:
    with pytest.raises(BatchError, match=r"line 1, Origin: the mapping says nothing of this column"):
        read(TABLE.replace("Clerk", "Clerk;Origin").replace("Ann", "Ann;CN"))


def test_a_column_that_the_mapping_needs_must_be_there_once() -> None:
    with pytest.raises(BatchError, match=r"line 1, Net: the mapping needs this column"):
        read(TABLE.replace("Net", "Gross"))
    with pytest.raises(BatchError, match=r"line 1, Batch: stands twice"):
        read(TABLE.replace("Clerk", "Batch"))


def test_skipped_rows_stand_above_the_header() -> None:
    assert only("Plant report\n" + TABLE, BASE.replace("[file]", "[file]\nskip = 1"))["ref"] == "D1"
    with pytest.raises(FormatError, match="no header"):
        read(TABLE, BASE.replace("[file]", "[file]\nskip = 9"))


def test_errors_of_the_model_name_the_source_column() -> None:
    assert faults(TABLE.replace("B1", "B1\u202e"))[0].startswith("erp.csv, line 2, Batch (as lot): ")


@pytest.mark.parametrize(
    ("text", "why"),
    some(
        [
            ("name = 1", "m.toml, name: Expected `str`"),
            (HEAD + "[columns]\nX = 'masss'", "columns.X: 'masss' is no column of events; did you mean `mass`?"),
            (HEAD + "[columns]\nX = 'mass'\nY = 'mass'", "'mass' is said by columns.X too"),
            (HEAD + "[values.mass]\na = 'b'", "no column, template or constant gives 'mass'"),
            (HEAD + "ignore = ['X']\n[columns]\nX = 'mass'", "is mapped, so it cannot be ignored"),
            (HEAD + "[units]\nkg = '1 kg'", "is a unit of Monazite's own"),
            (HEAD + "[units]\nlb = 'half a kilo'", "write a number and one of"),
            (HEAD + "[units]\nlb = 'x kg'", "'x' is not a number"),
            (HEAD + "[time]\nzone = 'Mars/Base'", "is no time zone known here"),
            (HEAD + "[time]\noffset = '8'", "write +08:00"),
            (HEAD + "[time]\noffset = '+08:00'\nzone = 'Asia/Tokyo'", "an offset and a zone"),
            (HEAD + "[file]\ndelimiter = ';;'", "one character"),
            (HEAD + "[file]\ndecimal = ';'", "a point or a comma"),
            (HEAD + "[file]\nskip = -1", "0 to 1000 rows"),
            (HEAD + "[file]\nencoding = 'klingon'", "is no encoding known here"),
            (HEAD + "surprise = 1", "unknown field"),
            ("name = ", "not TOML"),
        ]
    ),
)
def test_a_mapping_that_means_nothing_says_where(text: str, why: str) -> None:
    assert why in refused(text)


def test_a_mapping_is_small_and_utf8() -> None:
    with pytest.raises(FormatError, match="not UTF-8"):
        mapping.parse(b"\xff", "m.toml")
    with pytest.raises(FormatError, match="are the most"):
        mapping.parse(b" " * (mapping.MAX_MAPPING + 1), "m.toml")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_make_the_reader_do_anything_but_answer_or_refuse(data: bytes) -> None:
    try:
        assert isinstance(mapping.parse(data, "m.toml"), Mapping)
    except InputError:
        return


def test_a_suggestion_reads_the_table_that_it_was_made_from() -> None:
    table = (
        "Belegnr;Bewegungsart;Datum;Firma;Werk;Charge;Material;Menge;Einheit;Nd2O3 (%);Bearbeiter\n"
        "D1;extract;01.03.2026 08:30;lynas;mt-weld;B1;ore;1234,5;TO;1,75;Müller\n"
    )
    text = sources.suggested(table.encode("cp1252"), "erp.csv", "csv", None)
    assert 'encoding = "cp1252"' in text
    assert 'ignore = ["Bearbeiter"]' in text
    with_zone = text.replace('# zone = "Australia/Perth"', 'zone = "Australia/Perth"')
    found = sources.read(table.encode("cp1252"), "erp.csv", "csv", mapping=mapping.parse(with_zone.encode(), "m.toml"))
    assert not found.errors
    (draft,) = found.drafts
    assert draft.members["outputs"][0]["mass"] == {"mg": 1_234_500_000_000}


def suggested(*lines: str, encoding: str = "utf-8") -> dict[str, Any]:
    text = sources.suggested("\n".join(lines).encode(encoding), "erp.csv", "csv", None)
    mapping.parse(text.encode(), "m.toml")
    return tomllib.loads(text)


@pytest.mark.parametrize(
    ("encoding", "lines", "columns"),
    [
        (
            "utf-8",
            ("MBLNR,BUDAT,CHARG,MATNR,MENGE,MEINS,WERKS,BWART,ZZ1", '4900,20260301,B17,M,"1,234.5",KG,1000,101,x'),
            {
                "MBLNR": "event",
                "BUDAT": "at",
                "CHARG": "lot",
                "MATNR": "form",
                "MENGE": "mass",
                "MEINS": "unit",
                "WERKS": "site",
                "BWART": "type",
            },
        ),
        (
            "cp932",
            (
                "\u4f1d\u7968\u756a\u53f7,\u8a08\u4e0a\u65e5,\u30ed\u30c3\u30c8\u756a\u53f7,\u6570\u91cf\uff08kg\uff09",
                "1,2026/03/01 08:30,B17,12.5",
            ),
            {
                "\u4f1d\u7968\u756a\u53f7": "event",
                "\u8a08\u4e0a\u65e5": "at",
                "\u30ed\u30c3\u30c8\u756a\u53f7": "lot",
                "\u6570\u91cf\uff08kg\uff09": "mass",
            },
        ),
        (
            "gb18030",
            ("\u51ed\u8bc1\u53f7,\u8fc7\u8d26\u65e5\u671f,\u6279\u6b21,\u6570\u91cf", "1,2026/03/01,B17,12.5"),
            {
                "\u51ed\u8bc1\u53f7": "event",
                "\u8fc7\u8d26\u65e5\u671f": "at",
                "\u6279\u6b21": "lot",
                "\u6570\u91cf": "mass",
            },
        ),
        (
            "cp1252",
            (
                "N\u00b0 document;N\u00b0 de lot;Quantit\u00e9 (t);Teneur Nd2O3 (%);u Nd2O3 (%)",
                "D1;B17;1\u00a0234,5;1,75;0,1",
            ),
            {
                "N\u00b0 document": "event",
                "N\u00b0 de lot": "lot",
                "Quantit\u00e9 (t)": "mass",
                "Teneur Nd2O3 (%)": "Nd2O3 %",
                "u Nd2O3 (%)": "u Nd2O3 %",
            },
        ),
    ],
)
def test_headings_of_other_systems_and_languages_are_known(
    encoding: str, lines: tuple[str, ...], columns: dict[str, str]
) -> None:
    found = suggested(*lines, encoding=encoding)
    assert found["columns"] == columns
    assert found.get("file", {}).get("encoding", "utf-8") == encoding


def test_a_unit_in_a_heading_is_suggested_where_it_is_one_and_the_same() -> None:
    assert suggested("Mass (t),u mass (t)", "5,1")["constants"] == {"unit": "t"}
    assert suggested("Mass_kg,Lot", "5,A")["constants"] == {"unit": "kg"}
    # Of tonnes with kilograms of uncertainty the last unit was taken for both; of Mg, which is a tonne to some, milligrams.
    for header in ("Mass (t),Mass uncertainty (kg)", "Mass (Mg),Lot", "Mass,Lot"):
        assert suggested(header, "5,1")["constants"] == {}
    pounds = suggested("Weight [lb],Lot", "5,A")
    assert (pounds["constants"], pounds["units"]) == ({"unit": "lb"}, {"lb": "0.45359237 kg"})


def test_the_header_below_a_title_is_found() -> None:
    lines = (
        "Stock movements",
        "",
        "Plant Kuantan, March; 2026",
        "Doc No;Date;Batch;Qty (kg)",
        "D1;2026-03-01 08:30;B1;5",
    )
    found = suggested(*lines)
    assert found["columns"] == {"Doc No": "event", "Date": "at", "Batch": "lot", "Qty (kg)": "mass"}
    assert found["file"] == {"delimiter": ";", "skip": 3}
    text = sources.suggested("\n".join(lines).encode(), "erp.csv", "csv", None)
    text = text.replace(
        "[constants]", '[constants]\ntype = "extract"\nactor = "lynas"\nsite = "mt-weld"\nform = "ore"'
    ).replace("# zone", "zone")
    assert [draft.members["ref"] for draft in read("\n".join(lines), text).drafts] == ["D1"]


def test_what_dates_and_numbers_do_not_say_is_left_to_a_person() -> None:
    assert suggested("Date,Menge", "13/02/2026,5")["time"] == {"format": "%d/%m/%Y"}
    assert suggested("Date,Menge", "02/13/2026,5")["time"] == {"format": "%m/%d/%Y"}
    assert suggested("Date,Menge", "02/03/2026,5")["time"] == {}
    assert suggested("Date;Menge", "x;1,234")["file"] == {"delimiter": ";"}
    assert suggested("Date;Menge", "x;1,2345")["file"] == {"delimiter": ";", "decimal": ","}
    assert suggested("Date;Menge", "x;1 234,5")["file"] == {"delimiter": ";", "decimal": ",", "thousands": " "}
    assert suggested("Date;Menge", "x;1,234.5")["file"] == {"delimiter": ";", "thousands": ","}


@given(
    st.lists(st.text(max_size=12), min_size=1, max_size=6),
    st.lists(st.lists(st.text(max_size=8), max_size=6), max_size=4),
)
def test_a_suggestion_is_always_a_mapping_or_says_what_lacks(headings: list[str], rows: list[list[str]]) -> None:
    from ledger.exchange.suggest import suggest

    mapping.parse(suggest(headings, rows).encode("utf-8", "replace"), "m.toml")
