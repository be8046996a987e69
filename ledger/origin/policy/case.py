"""One question: a rule, a lot's walk, the asker's facts and the day. What tests return, and the words that they share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from ledger.model.custody import DISPENSABLE
from ledger.origin.policy.context import Context
from ledger.origin.policy.model import CANNOT, COMPLIANT, NOT_APPLICABLE, Branch, BranchKind, Reason, Verdict
from ledger.origin.policy.regime import Rule
from ledger.origin.policy.walk import Step, Walk
from ledger.reference import countries
from ledger.reference.countries import CHINESE
from ledger.reference.forms import lookup
from ledger.reference.words import may_be_magnet
from ledger.rules.provenance import MAYBE, NOT_KNOWN

MAGNETS = ("magnet-ndfeb", "magnet-smco")
NOT_READ = "nothing recorded or declared fails it, but the primary text was not read (evidence: {}), so this is not called compliant"
NOT_READ_DISCLOSED = "what is to be disclosed is recorded or declared, but the primary text was not read (evidence: {}), so this is not called compliant"
UNEVIDENCED = "not evidenced in the ledger"
RESTS_ON = (
    "It rests on what parties signed and on what the asker states. The ledger cannot show that a statement is true: no "
    "physical test proves the origin of separated rare earths."
)


class Case(Struct, frozen=True):
    """One rule asked of one lot.

    Attributes:
        rule: the rule.
        rules: all rules, by id.
        walk: the lot's ancestry.
        context: what the asker states.
        tested_on: the day that decides.
        obstacles: why nothing about the lot may be called compliant.
        corrections: what the ancestry said before it was corrected.
        stated_in: the file that states the asker's facts, in words.
    """

    rule: Rule
    rules: dict[str, Rule]
    walk: Walk
    context: Context
    tested_on: date
    obstacles: tuple[Reason, ...]
    corrections: tuple[Reason, ...] = ()
    stated_in: str = "the context"

    @property
    def claim(self) -> str:
        """How much a fact of the asker's is worth, in the words of every answer that uses one."""
        return f"as stated in {self.stated_in}, {UNEVIDENCED}"

    def of(self, rule: Rule, tested_on: date | None = None) -> Case:
        """The same question of another rule, or on another day."""
        return replace(self, rule=rule, tested_on=tested_on or self.tested_on)

    @property
    def form(self) -> str:
        """The listed form of the asked lot, or its own words."""
        return self.walk.form(self.walk.trace.lot.id)

    @property
    def listed(self) -> bool:
        """Whether the asked lot's form is one of the list; `residue` is, but it says nothing."""
        return lookup(self.walk.trace.lot.output.form) is not None and self.form != "residue"

    @property
    def may_be_magnet(self) -> bool:
        """Whether the asked lot may be a magnet, or hold one, by its words or by what it was made of, whatever its form."""
        told = (*MAGNETS, "end-item", "swarf", "scrap")  # forms that say by themselves what became of a magnet
        return may_be_magnet(self.walk.trace.lot.output.form) or (self.form not in told and self.walk.made_of(MAGNETS))

    @property
    def covered(self) -> frozenset[str]:
        """The rule's countries; Hong Kong and Macao with China."""
        given = frozenset(self.rule.countries)
        return given | CHINESE if "CN" in given else given


class Outcome(Struct, frozen=True):
    """What a test returns; the verdict follows from the branches."""

    branches: tuple[Branch, ...]
    reasons: tuple[Reason, ...] = ()
    assumptions: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()


def one(verdict: Verdict, *reasons: Reason | str, name: str = "as read", kind: BranchKind = "reading") -> Branch:
    """A branch of plain sentences or reasons."""
    return Branch(name, kind, verdict, tuple(Reason(item) if isinstance(item, str) else item for item in reasons))


def only(verdict: Verdict, *reasons: Reason | str, assumptions: Iterable[str] = ()) -> Outcome:
    """An outcome of one branch."""
    return Outcome((one(verdict, *reasons),), assumptions=tuple(assumptions))


def capped(case: Case, branch: Branch) -> Branch:
    """The branch with what keeps a bare `compliant` from it: trouble in the ledger, a text that was not read."""
    if branch.verdict == CANNOT and case.rule.stages:
        return Branch(branch.name, branch.kind, CANNOT, (*branch.reasons, *case.obstacles))
    if branch.verdict != COMPLIANT:
        return branch
    if case.obstacles:
        return Branch(branch.name, branch.kind, CANNOT, (*case.obstacles, *branch.reasons))
    if case.rule.evidence != "primary":
        said = Reason((NOT_READ_DISCLOSED if case.rule.disclosures else NOT_READ).format(case.rule.evidence))
        return Branch(branch.name, branch.kind, CANNOT, (said, *branch.reasons))
    return branch


def out_of_force(case: Case) -> str | None:
    """Why the rule is not in force on the day, if it is not."""
    rule, day = case.rule, case.tested_on
    if rule.effective_from is not None and day < rule.effective_from:
        return f"not in force on {day}: it begins on {rule.effective_from} ({rule.citation})"
    if rule.effective_to is not None and day > rule.effective_to:
        return f"not in force on {day}: it ended with {rule.effective_to} ({rule.citation})"
    return None


def not_in_force(case: Case) -> Outcome | None:
    """The outcome where the rule is not in force on the day."""
    said = out_of_force(case)
    return None if said is None else only(NOT_APPLICABLE, said)


def kept(elements: Iterable[str]) -> str:
    """Element symbols in words."""
    return ", ".join(sorted(elements))


MANY = 6
"""A longer list of elements is not read."""


def short(elements: Iterable[str], what: str = "elements") -> str:
    """Element symbols, or other names, in words; of many, the first three and how many more."""
    found = sorted(set(elements))
    return kept(found) if len(found) <= MANY else f"{kept(found[:3])} and {len(found) - 3} other {what}"


def place_name(code: str) -> str:
    """A country with its code, that it is not known, or that it may be another than is stated."""
    if code.startswith(MAYBE):
        return f"by its coordinates {place_name(code.removeprefix(MAYBE))}"
    return "a place that is not stated" if code == NOT_KNOWN else f"{code} ({countries.name(code)})"


def told(step: Step) -> str:
    """One stage in words: which lot, what, where, and whether recorded or declared, by whom."""
    event = step.fact.event
    doubtful = any(code.startswith(MAYBE) for code in step.places)
    stated = sorted(code for code in step.places if not (doubtful and code == NOT_KNOWN))
    where = (" or " if doubtful else " and ").join(map(place_name, reversed(stated) if doubtful else stated))
    stage = f"{step.stage} with a change of form, which is processing," if step.disguised else step.stage
    at = f" at {event.site}" if step.word == "recorded" and event.site else ""
    return f"lot {step.lot}: {stage} in {where}{at}, {step.word} by {event.actor}"


def not_done(step: Step) -> str:
    """How to say that a stage was not performed, where somebody declared the lot and some material is without that stage."""
    if step.word != "declared" or step.stage not in DISPENSABLE:
        return ""
    return f"; if it was not performed, declare it so: `{step.stage}=none`"


def greater_china(places: Iterable[str]) -> str:
    """The sentence that goes with a Hong Kong or Macao code, or nothing."""
    found = sorted(set(places) & (CHINESE - {"CN"}))
    if not found:
        return ""
    return f"; {' and '.join(found)} counts as China here, since by the code alone the place cannot be told apart"
