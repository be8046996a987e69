"""MASS: small gains repeated, by site and element over time, as nuclear material accountancy looks for them.

One balance of 0.5 % uncertainty cannot show 0.5 % added; twelve in a row can. The residuals y_t = outputs + losses - inputs of a site
are not independent: one analysis of a big feed lot stands in every batch drawn from it, and its error with it. So each residual is
first reduced by what the earlier ones say about such shared errors (a Kalman filter over them), which gives standardised independent
residuals, the SITMUF of Pike & Woods (1983) and Speed & Culpin, J. R. Statist. Soc. A 149 (1986) 281; on them runs Page's one-sided cumulative sum
(Biometrika 41 (1954) 100), S_t = max(0, S_{t-1} + r_t - k), with an alarm at S_t > h.

Undeclared losses make y negative and hide a gain of their size; nothing but declaring the losses helps, and the text says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from math import log

from msgspec import Struct

from ledger.model.entry import Fact
from ledger.model.events import Receive, Ship, Transform
from ledger.model.quantity import Mass
from ledger.reference.stages import NEUTRAL
from ledger.rules.balance import RARE, Balance
from ledger.rules.catalogue import finding
from ledger.rules.content import GROSS
from ledger.rules.figures import SIGMAS, amount_of
from ledger.rules.finding import Finding
from ledger.rules.history import History
from ledger.rules.lot import Lot, uncertainty

REFERENCE = 0.5
"""k: half of the shift looked for, one standard uncertainty a batch (Page 1954)."""
LIMIT = 4.0
"""h for one series: a false alarm in about 340 batches (Siegmund, Sequential Analysis, 1985, corrected diffusion approximation), a shift
of one standard uncertainty found in 8 or 9. With n series of one site it is h + ln((n + 1) / 2): the time to a false alarm grows as
exp(2 k h), and elements of one lot share its mass, so n series are worth about half as many."""
MAJOR = 0.01
"""Elements below this share of a site's rare earths make no series: their analyses are poor, and every series costs sensitivity."""
COMMON = 0.5
"""The part of each balance's uncertainty that a cumulative sum counts as common to all batches before it accuses: calibration does not
average out."""
ACCUSES = 4
"""Standard uncertainties of a run's sum that accuse; more than three, since the data themselves chose where the run begins."""
LEAST_GAIN = 0.001
"""Share of what went in below which nothing was gained: after one great loss the shared errors make plain balances look like gains."""
FEWEST = 3
"""Batches that make a series; and each counts with 3 standard uncertainties at most, since a single gain beyond is a finding of its own."""
KEPT = 8
"""Shared analyses followed at a time, a side."""


class Residual(Struct, frozen=True, gc=False):
    """One batch: milligrams gained, the variance that is its own, and the shared errors in it.

    Attributes:
        event: its hash.
        gain: y_t.
        brought: what went in.
        own: variance of masses, mg^2.
        shared: by statement of an analysis, the milligrams that one standard uncertainty of it is worth here, signed.
    """

    event: str
    gain: float
    brought: float
    own: float
    shared: dict[object, float]

    @property
    def sigma(self) -> float:
        """Standard uncertainty of `gain`, mg."""
        return float((self.own + sum(load**2 for load in self.shared.values())) ** 0.5)


class Shared:
    """What earlier residuals say about errors that several batches share: means and covariances, in standard uncertainties.

    Attributes:
        mean: by error, the one met longest ago first.
        cov: rows of the covariances by error, without what is 0: most errors were never met together. With a full matrix, of
            which every new error moved each row, `drifting` took 6.7 us an event of benchmarks/mill.py, and so 4.1.
    """

    def __init__(self) -> None:
        self.mean: dict[object, float] = {}
        self.cov: dict[object, dict[object, float]] = {}

    def standardise(self, residual: Residual) -> float:
        """The residual less what the shared errors explain, over its standard deviation; then learn from it."""
        mean, cov = self.mean, self.cov
        for name in residual.shared:
            if name in mean:
                mean[name] = mean.pop(name)  # met last
            else:
                self._add(name)
        loads = [(name, load) for name, load in residual.shared.items() if name in mean]
        # Shared errors that were pushed out (more statements in one event than are kept) count as this batch's own.
        rest = sum([load**2 for name, load in residual.shared.items() if name not in mean])
        cross: dict[object, float] = {}
        for name, load in loads:
            # Covariance is symmetric, so a row is as good as a column.
            for other, value in cov[name].items():
                cross[other] = cross.get(other, 0.0) + value * load
        spread = sum([cross[name] * load for name, load in loads]) + residual.own + rest
        surprise = residual.gain - sum([mean[name] * load for name, load in loads])
        if spread <= 0:
            return 0.0
        touched = [(name, weight) for name, weight in cross.items() if weight]
        for name, weight in touched:
            mean[name] += weight * surprise / spread
            row = cov[name]
            for other, its in touched:
                row[other] = row.get(other, 0.0) - weight * its / spread
        return float(surprise / spread**0.5)

    def _add(self, name: object) -> None:
        if len(self.mean) >= 2 * KEPT:
            oldest = next(iter(self.mean))
            del self.mean[oldest]
            for other in self.cov.pop(oldest):
                if other != oldest:
                    del self.cov[other][oldest]
        self.mean[name] = 0.0
        self.cov[name] = {name: 1.0}


HANDLED, RECEIVED = "material handled", "material received"
"""Series of gross mass, at neutral stages and at receipts."""


class Series:
    """By site and element, the batches whose inputs are known, in log order."""

    def __init__(self, table: MutableMapping[tuple[str, str, int], Residual]) -> None:
        """Empty, as the table is."""
        self._table = table
        self._counts: dict[str, dict[str, int]] = {}
        self._brought: dict[tuple[str, str], float] = {}

    def add(self, site: str, element: str, batch: Residual) -> None:
        """One more batch."""
        counts = self._counts.setdefault(site, {})
        number = counts.get(element, 0)
        counts[element] = number + 1
        self._brought[site, element] = self._brought.get((site, element), 0.0) + batch.brought
        self._table[site, element, number] = batch

    def brought(self, site: str, element: str) -> float:
        """What went into all of them, mg."""
        return self._brought.get((site, element), 0.0)

    def elements(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Every site with its elements."""
        for site, counts in self._counts.items():
            yield site, tuple(counts)

    def batches(self, site: str, element: str) -> Iterator[Residual]:
        """In log order."""
        return (self._table[site, element, number] for number in range(self._counts[site][element]))


def collect(series: Series, fact: Fact, struck: Sequence[Balance]) -> None:
    """Add one event's balances to the series of its site; neutral stages make none."""
    event = fact.event
    if not isinstance(event, Transform) or event.site is None:
        return
    neutral = event.stage in NEUTRAL
    for item in struck:
        if neutral and item.element == GROSS and item.brought > 0:
            series.add(event.site, HANDLED, residual(fact, item))
        elif not neutral and item.brought > 0 and item.arrives and item.known:
            series.add(event.site, item.element, residual(fact, item))


def weighed(series: Series, history: History, fact: Fact) -> None:
    """Add what a receipt weighs more than its shipment to the receiving site's series: both scales, so nothing is shared."""
    event = fact.event
    if not isinstance(event, Receive) or event.result != "accepted" or event.site is None:
        return
    for draw in event.lots:
        lot = history.lots.get(draw.lot)
        sent = _sent(history, lot, fact) if lot is not None and draw.mass is not None else None
        if sent is None or draw.mass is None or not sent.mg:
            continue
        own = float(uncertainty(sent, history.tolerances) ** 2 + uncertainty(draw.mass, history.tolerances) ** 2)
        gain = float(draw.mass.mg - sent.mg)
        series.add(event.site, RECEIVED, Residual(fact.hash, gain, float(sent.mg), own, {}))


def _sent(history: History, lot: Lot, fact: Fact) -> Mass | None:
    """The mass that the shipment before a receipt states of a lot."""
    sent: Mass | None = None
    for earlier in lot.facts:
        if earlier.place >= fact.place:
            break
        if isinstance(earlier.event, Ship) and earlier.hash not in history.voided:
            sent = next((draw.mass for draw in earlier.event.lots if draw.lot == lot.id), None)
    return sent


def drifting(every: Series) -> Iterator[Finding]:
    """Page's test for every site and element whose inputs are known."""
    for site, elements in every.elements():
        whole = every.brought(site, RARE) or sum(every.brought(site, element) for element in elements)
        kept = [
            element
            for element in elements
            if element in (RARE, HANDLED, RECEIVED) or every.brought(site, element) >= MAJOR * whole
        ]
        for element in sorted(kept):
            yield from _page(site, element, every.batches(site, element), LIMIT + log((len(kept) + 1) / 2))


class Run:
    """Batches in a row whose gains the test has not forgotten, and their sums as they grow."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.gain = self.brought = self.capped = self.own = self.sigma = 0.0
        self.shared: dict[object, float] = {}
        self.alarmed = self.accused = False

    def add(self, item: Residual) -> None:
        """Count one more batch."""
        self.events.append(item.event)
        self.gain += item.gain
        self.brought += item.brought
        self.capped += min(item.gain, SIGMAS * item.sigma)
        self.own += item.own
        self.sigma += item.sigma
        for name, load in item.shared.items():
            self.shared[name] = self.shared.get(name, 0.0) + load

    @property
    def uncertainty(self) -> float:
        """Standard uncertainty of the cumulative gain: independent parts in quadrature, the common part linearly (GUM 5.2.2)."""
        independent = self.own + sum(value**2 for value in self.shared.values())
        return float((independent * (1 - COMMON**2) + (COMMON * self.sigma) ** 2) ** 0.5)


def _page(site: str, element: str, batches: Iterable[Residual], limit: float) -> Iterator[Finding]:
    shared = Shared()
    height = 0.0
    run = Run()
    for batch in batches:
        height = max(0.0, height + min(shared.standardise(batch), SIGMAS) - REFERENCE)
        if height == 0:
            run = Run()
            continue
        run.add(batch)
        if len(run.events) < FEWEST:
            continue
        if height > limit and run.gain > LEAST_GAIN * run.brought and not run.alarmed:
            run.alarmed = True
            yield finding(
                "MASS-DRIFT",
                f"site:{site}",
                f"{_words(run, site, element)}: too steady for noise (Page's sum {height:.1f}, limit {limit:.1f})",
                *run.events,
            )
        if run.alarmed and not run.accused and run.capped > ACCUSES * run.uncertainty:
            run.accused = True
            yield finding(
                "MASS-INJECTION",
                f"site:{site}",
                f"{_words(run, site, element)}: beyond {ACCUSES} x {amount_of(run.uncertainty)}, though half of every declared "
                "uncertainty is counted as common to all of them",
                *run.events,
            )


def _words(run: Run, site: str, element: str) -> str:
    return (
        f"{len(run.events)} batches in a row at {site} make {amount_of(run.gain)} more {element} than the {amount_of(run.brought)} that "
        f"went in, {run.gain / run.brought:.2%}"
    )


def residual(fact: Fact, item: Balance) -> Residual:
    """What is not stated of an output counts as nothing, so a gain is never overstated."""
    own = 0.0
    shared: dict[object, float] = {}
    for sign, side in ((-1.0, item.inputs), (1.0, item.outputs)):
        for place, part in enumerate(side):
            if not part.stated and item.element != RARE:
                continue
            own += part.u_mass**2
            # The same figure stated of two lots is one statement: a nominal analysis, or one lot drawn twice.
            key = (sign, part.statement) if part.statement is not None else (sign, fact.hash, place)
            shared[key] = shared.get(key, 0.0) + sign * part.u_analysis
    return Residual(fact.hash, item.made - item.brought, item.brought, own, shared)
