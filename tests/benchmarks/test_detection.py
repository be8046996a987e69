"""The detection benchmark's own arithmetic: true masses conserve, what is injected is injected, noise is as declared, rates are right."""

from __future__ import annotations

import io
from collections.abc import Callable
from random import Random
from statistics import mean, pstdev
from typing import Any

import pytest
from rich.console import Console

from benchmarks.plants import handling, line, mining, separation
from benchmarks.plants.book import Book, Step
from benchmarks.plants.cells import REPEATED, Cell, cells, pairs
from benchmarks.plants.chemistry import FACTORS, OXIDES, kind, pattern
from benchmarks.plants.material import Material, compound
from benchmarks.plants.meters import Profile
from benchmarks.plants.plan import HEADLINE, HONEST, Fraud, Plan
from benchmarks.plants.score import Detection, Rate, Scores, found, scored
from benchmarks.plants.show import as_json, headlines, show
from benchmarks.plants.trial import Trial, plants, run
from ledger.reference.elements import content
from ledger.rules.finding import Finding

pytestmark = pytest.mark.uncounted  # many times the same lines, which other tests count

WORKS = (
    separation.separation,
    line.reduction,
    line.melting,
    line.powdering,
    line.machining,
    handling.blending,
    mining.mining,
)
PROFILES = (
    HEADLINE,
    HEADLINE.without_losses(),
    Profile("bare", declared=False, common=True),
    Profile("n", nominal=True),
)
EXACT = 1e-9


def worked(
    build: Callable[[Book, Plan], None], profile: Profile = HEADLINE, fraud: Fraud = HONEST, batches: int = 4
) -> Book:
    book = Book("t", Random(f"{build.__name__} {profile} {fraud}"), profile)  # noqa: S311  (chance, not secrecy)
    build(book, Plan(batches, fraud))
    return book


def total(element: str, *parts: Material) -> float:
    return sum(part.elements.get(element, 0.0) for part in parts)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
@pytest.mark.parametrize("build", WORKS)
def test_an_honest_plant_conserves_each_element(build: Callable[[Book, Plan], None], profile: Profile) -> None:
    steps = worked(build, profile).steps
    assert len(steps) >= 4
    for step in steps:
        assert not step.added.elements or not any(step.added.elements.values())
        for element in step.into.elements:
            into = total(element, step.into)
            assert total(element, step.out, step.lost, step.gone) == pytest.approx(into, rel=EXACT)
            assert total(element, step.out, step.lost) <= into * (1 + EXACT)


@pytest.mark.parametrize("build", [separation.separation, line.reduction, line.melting, handling.blending])
@pytest.mark.parametrize("kind_of", ["injection", "repeated"])
def test_what_is_injected_is_in_the_product(build: Callable[[Book, Plan], None], kind_of: str) -> None:
    false = frozenset({2, 3})
    for step in (step for step in worked(build, fraud=Fraud(kind_of, 0.03, false)).steps if step.out.elements):
        if step.batch in false and step.added.elements:
            for element in ("Nd", "Pr"):
                excess = total(element, step.out, step.lost) / total(element, step.into) - 1
                assert excess == pytest.approx(
                    0.03 - (0.0005 if kind_of == "repeated" and build is handling.blending else 0)
                )


@pytest.mark.parametrize("build", [separation.separation, line.reduction])
def test_a_single_injection_exceeds_what_went_in_though_losses_are_untold(build: Callable[[Book, Plan], None]) -> None:
    false = [
        step
        for step in worked(build, HEADLINE.without_losses(), Fraud("injection", 0.05, frozenset({3}))).steps
        if step.batch == 3
    ]
    assert [total("Nd", step.out) / total("Nd", step.into) for step in false] == [pytest.approx(1.05)]


def test_a_diversion_is_missing() -> None:
    (step,) = (s for s in worked(line.reduction, fraud=Fraud("diversion", 0.1, frozenset({2}))).steps if s.batch == 2)
    assert total("Nd", step.out, step.lost) == pytest.approx(0.9 * total("Nd", step.into))


def test_a_step_that_makes_something_of_nothing_is_not_written() -> None:
    book = Book("t", Random(1), HEADLINE)  # noqa: S311  (chance, not secrecy)
    place = book.works()
    oxide = compound({"Nd": 100.0}, 0.99, oxide=True)
    lot = book.bring(*place, {1: [book.made("oxide-nd", oxide)]})[1][0]
    with pytest.raises(AssertionError, match="does not conserve"):
        book.work("metal_reduce", place, [book.draw(lot)], [book.made("metal-nd", Material(101.0, {"Nd": 101.0}))])
    assert Step(1, oxide, Material(), Material(1.0, {"Nd": 99.0}), Material(), Material(0.0, {"Nd": 1.0})).conserves()


def test_oxide_factors_agree_with_the_table_to_four_decimals() -> None:
    for element, factor in FACTORS.items():
        stated = content(OXIDES[element])
        assert stated is not None
        assert (stated[0], float(1 / stated[1])) == (element, pytest.approx(factor, abs=1.1e-4))


@pytest.mark.parametrize("build", [separation.separation, line.reduction, line.melting])
def test_noise_is_what_the_uncertainties_say(build: Callable[[Book, Plan], None]) -> None:
    """Standardised residuals of neodymium, from what is stated alone, have no mean and unit deviation, and 0.5 % is 0.5 %."""
    residuals, relative = zip(*balances(worked(build, batches=300)), strict=True)
    assert abs(mean(residuals)) < 0.2
    assert 0.88 < pstdev(residuals) < 1.12
    assert 0.0040 < mean(relative) < 0.0055


def balances(book: Book) -> list[tuple[float, float]]:
    """(residual in standard uncertainties, relative standard uncertainty) of neodymium in each transform."""
    outputs: dict[str, Any] = {}
    rows = []
    for draft in book.drafts:
        outputs |= {item["lot"]: item for item in draft.get("outputs", [])}
        if draft["type"] == "transform":
            into = [neodymium(outputs[item["lot"]], item.get("mass")) for item in draft["inputs"]]
            out = [neodymium(item) for item in (*draft["outputs"], *draft.get("losses", []))]
            sigma = sum(variance for _, variance in (*into, *out)) ** 0.5
            whole = sum(mg for mg, _ in into)
            rows.append(((sum(mg for mg, _ in out) - whole) / sigma, sigma / whole))
    return rows


def neodymium(item: dict[str, Any], mass: dict[str, int] | None = None) -> tuple[float, float]:
    """Milligrams and their variance."""
    weighed = mass or item["mass"]
    composition = item["composition"]
    name, factor = ("Nd2O3", FACTORS["Nd"]) if "Nd2O3" in composition else ("Nd", 1.0)
    if name not in composition:
        return 0.0, 0.0
    share = composition[name]
    mg = weighed["mg"] * share["ppb"] / 1e9 / factor
    return mg, mg**2 * ((weighed["u_mg"] / weighed["mg"]) ** 2 + (share["u_ppb"] / share["ppb"]) ** 2)


def test_patterns_are_those_of_the_table_and_pairs_differ_in_kind() -> None:
    assert sum(pattern("mt-weld").values()) == pytest.approx(1)
    assert kind("bayan-obo") == "bastnaesite"
    assert ("longnan", "mountain-pass") in pairs()
    assert all(kind(true) != kind(named) for true, named in pairs())


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (8, 10, 0.4902, 0.9433), (95, 100, 0.8882, 0.9785), (0, 0, 0.0, 1.0)],
)  # fmt: skip
def test_intervals_are_wilsons(hits: int, of: int, low: float, high: float) -> None:
    assert Rate(hits, of).interval == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def finding(code: str, subject: str, *events: str, severity: Any = "warning") -> Finding:
    return Finding(code=code, severity=severity, subject=subject, message="-", events=events)


def trial(*findings: Finding, fraud: str = "repeated injection", false: frozenset[int] = frozenset({6, 7, 8})) -> Trial:
    """A plant of 24 batches: lot `l<batch>` and event `e<batch>` in each, one site `s`."""
    cell = Cell(fraud, "x", line.reduction, HEADLINE, codes=REPEATED)
    book = Book("t", Random(1), HEADLINE)  # noqa: S311  (chance, not secrecy)
    book.lots = {f"l{batch}": batch for batch in range(1, 25)}
    book.sites = {"s"}
    plan = Plan(24, Fraud("repeated", 0.005, false))
    return Trial(cell, plan, book, {f"e{batch}": batch for batch in range(1, 25)}, list(findings))


def test_only_findings_about_the_fraud_detect_it() -> None:
    told = trial(
        finding("MASS-GAIN", "lot:l5", "e5"),
        finding("MASS-GAIN", "lot:l7", "e7"),
        finding("MASS-LOSS", "lot:l6", "e6"),
        finding("MASS-DRIFT", "site:s", "e3", "e5"),
        finding("MASS-DRIFT", "site:s", "e3", "e9"),
        finding("MASS-GAIN", "event:e8"),
    )
    assert list(found(told)) == [("MASS-GAIN", 7), ("MASS-DRIFT", 9), ("MASS-GAIN", 8)]


def test_delay_counts_from_the_first_false_batch_and_twelve_is_the_last_in_time() -> None:
    early, late = trial(finding("MASS-DRIFT", "site:s", "e17")), trial(finding("MASS-DRIFT", "site:s", "e18"))
    both = trial(finding("MASS-DRIFT", "site:s", "e9"), finding("MASS-GAIN", "lot:l8"))
    score: Detection = scored([early, late, both]).detections[early.cell]
    assert (score.rate, score.delays, score.delay) == (Rate(2, 3), [12, 3], 7.5)
    assert score.by_code == {"MASS-DRIFT": 2, "MASS-GAIN": 1}


def test_false_alarms_are_counted_once_a_lot_and_once_a_plant() -> None:
    scores = Scores()
    scores.take(
        trial(
            finding("MASS-GAIN", "lot:l5", severity="error"),
            finding("COMP-SUM", "lot:l5"),
            finding("MASS-DRIFT", "site:s", "e2", "e4"),
            finding("ORIG-UNKNOWN", "lot:l6"),
            finding("MASS-REMAINDER", "lot:l7", severity="info"),
            fraud="",
        )
    )
    scores.take(trial(fraud=""))
    (honesty,) = scores.honesty.values()
    assert (honesty.per_lot, honesty.per_plant) == (Rate(2, 48), Rate(1, 2))
    assert honesty.alarmed_lots == {"MASS-GAIN": 1, "COMP-SUM": 1, "MASS-DRIFT": 1, "any": 2}


def test_a_few_plants_go_through_a_ledger_and_an_over_draw_is_refused() -> None:
    chosen = [
        cell
        for cell in cells(0.005, 1)
        if cell.kind in {"overdraw", "handover-gain", "didymium"} or cell.plant == "ship"
    ]
    done = list(run(plants(chosen, 1, seed=3)))
    assert len(done) == len(chosen)
    assert all(len(item.hashes) == len(item.book.drafts) for item in done if not item.book.attempts)
    worst = max((item for item in done if item.cell.kind == "overdraw"), key=lambda item: item.cell.size)
    assert [item.code for item in worst.refused] == ["CUST-OVERDRAWN"]


def test_a_paper_used_again_and_a_capacity_exceeded_by_more_than_a_tenth_are_found_in_time() -> None:
    chosen = [cell for cell in cells(0.005, 1) if cell.kind in {"document", "capacity"} and not cell.honest]
    rates = {cell.shown: item.rate for cell, item in scored(run(plants(chosen, 1, seed=3))).detections.items()}
    assert rates == {"-": Rate(1, 1), "x 1.05": Rate(0, 1), "x 1.2": Rate(1, 1), "x 2": Rate(1, 1)}


def told(seed: int) -> Scores:
    chosen = [cell for cell in cells(0.005, 1) if cell.plant in {"ship", "assay", "reduce"} and not cell.repeats]
    return scored(run(plants(chosen, 1, seed)))


def test_the_same_seed_gives_the_same_figures_and_they_fit_a_terminal() -> None:
    first, again, other = told(1), told(1), told(2)
    assert as_json(first) == as_json(again)
    assert as_json(first) != as_json(other)
    console = Console(width=80, record=True, file=io.StringIO())
    show(first, console)
    printed = console.export_text()
    assert max(len(line.rstrip()) for line in printed.splitlines()) <= 80
    assert "…" not in printed


def test_goals_count_all_plants_that_declare_their_losses() -> None:
    first = told(1)
    goal = headlines(first)[0]
    rows = [
        row
        for row in as_json(first)["detection"]
        if (row["fraud"], row["size"], row["plant"]) == ("single injection", "3 %", "reduce")
    ]
    assert (goal["hits"], goal["of"]) == (sum(row["hits"] for row in rows), sum(row["of"] for row in rows))
    assert goal["of"] == 2
