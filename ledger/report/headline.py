"""The answer in one sentence, the same for every rendering: precise, and never more than the ledger can know."""

from __future__ import annotations

from typing import Any

from ledger.reference.stages import STAGES

MATERIAL = ("mined", "processed")
_HELD, _FEW = 0.25, 3
_SILENT = {"owned": "owners", "technology": "technology"}
_DUST = 1e-9
"""Below what shares are rounded to."""
WAY_WORDS = {
    "mined": "mined in China",
    "processed": "processed in China",
    "transit": "moved through or held in China",
    "owned": "handled by parties in China or owned from there to 25 % or more",
    "technology": "made with Chinese equipment or technology",
}


def percent(share: float) -> str:
    """A share as a percentage; a share that is there is never shown as 0, nor a share short of the whole as 100."""
    if share <= 0:
        return "0%"
    if share >= 1:
        return "100%"
    if share < 0.0005:  # noqa: PLR2004  (the last digit shown)
        return "<0.1%"
    if share >= 0.9995:  # noqa: PLR2004  (the last digit shown)
        return ">99.9%"
    return f"{share * 100:.1f}%"


BASIS_WORDS = {
    "rare earths": "of its rare earths by mass",
    "all elements": "of its measured elements by mass",
    "worst element": "of its worst element, since no composition is stated",
}


def headline(answer: dict[str, Any]) -> str:
    """The verdict on China, how far and on what it rests, and whether the ledger contradicts itself on the way."""
    doubts = answer["china"].get("doubts", [])
    doubted = (
        f" Findings speak against the record of this lot ({', '.join(doubts)}): nothing here is clean."
        if doubts
        else ""
    )
    past = "".join(f" Withdrawn: {item['said']}." for item in answer["china"].get("withdrawn", []))
    excess = "".join(f" {said[:1].upper()}{said[1:]}." for said in answer["china"].get("unexplained", []))
    other = "".join(f" {item['said'][:1].upper()}{item['said'][1:]}." for item in answer["china"].get("may_be", []))
    return _reach(answer, _answer(answer)) + excess + past + other + doubted


def _reach(answer: dict[str, Any], said: str) -> str:
    """The verdict between how far it reaches and what was not checked, where a report was made from a bundle."""
    if "scope" not in answer:
        return said
    reach, _, unchecked = answer["scope"].partition("; ")
    return f"{reach[:1].upper()}{reach[1:]}: {said} {unchecked[:1].upper()}{unchecked[1:]}."


def unknown_words(found: dict[str, Any]) -> str:
    """The unknown share of a way; where something is unknown that no share can be given of, that: never `0%` beside it."""
    if not found["unknown_share"] and (found["unknown_events"] or found["verdict"] == "cannot-exclude"):
        return "some"
    return percent(found["unknown_share"])


def unshared(china: dict[str, Any]) -> bool:
    """Whether something upstream is not known that no share can be given of: then the unknown share of zero is no answer."""
    return not china["unknown_share"] and _open(china)


def lot_unknown_words(china: dict[str, Any]) -> str:
    """The share of unknown origin over the whole lot: `some` where none can be given, never `0%` beside what is not known."""
    return "some" if unshared(china) else percent(china["unknown_share"])


def _unshared(answer: dict[str, Any]) -> str:
    """Which stages are not known, where no share is of unknown origin: what is Chinese already, or passes nothing on, has none left.

    Of elements beside those that the share is of, how much; where that is none either, no share can be given.
    """
    if not unshared(answer["china"]):
        return ""
    stages = [STAGES[code].title.lower() if code in STAGES else code for code in unknown_stages(answer)]
    what = f"the place of {_join(stages)}" if stages else "what happened upstream"
    elements = _shares(answer["china"], "unknown_share")
    if elements:
        return f" {what[:1].upper()}{what[1:]} is not known throughout: {elements} is of unknown origin."
    return f" For some of it {what} is not known; no share can be given for that."


def _shares(china: dict[str, Any], which: str) -> str:
    """`100% of its B and 6.3% of its Fe`: elements with such a share, the most first."""
    elements: dict[str, dict[str, Any]] = china.get("elements") or {}
    found = [(entry.get(which, 0.0), element) for element, entry in elements.items() if entry.get(which)]
    return _join(
        [f"{percent(share)} of its {element}" for share, element in sorted(found, key=lambda item: (-item[0], item[1]))]
    )


def _rest(china: dict[str, Any]) -> str:
    """What the share that is known to be Chinese leaves: of unknown origin, from elsewhere, and what is not stated of that."""
    known, unknown = china["known_share"], china["unknown_share"]
    said = [f"{percent(unknown)} is of unknown origin"] if unknown > 0 else []
    if known + unknown < 1 - _DUST:
        said.append("the rest is recorded or declared as mined and processed elsewhere")
    silent = [
        (word, china["ways"][way].get("unknown_share", 0.0)) for way, word in _SILENT.items() if way in china["ways"]
    ]
    shares = {share for _word, share in silent if share > 0}
    if len(shares) == 1:
        words = _join([word for word, share in silent if share > 0])
        said.append(f"{words} of {percent(shares.pop())} {'is' if words == 'technology' else 'are'} not stated")
    elif shares:
        said.append(_join([f"{word} of {percent(share)}" for word, share in silent if share > 0]) + " are not stated")
    return "".join(f"; {part}" for part in said) + "."


def _open(china: dict[str, Any]) -> bool:
    return bool(china.get("unknown_inputs")) or any(
        china["ways"][way]["verdict"] == "cannot-exclude" for way in MATERIAL
    )


def unknown_stages(answer: dict[str, Any]) -> list[str]:
    """Stages at which some element of the lot was at a place that nobody states, in order."""
    elements = answer.get("origin", {}).get("elements", {}).values()
    stages = [stage for element in elements for stage, shares in element["stages"].items() if _dark(shares)]
    order = list(next(iter(elements))["stages"]) if stages else []
    return sorted(set(stages), key=lambda stage: order.index(stage) if stage in order else len(order))


def _dark(shares: dict[str, float]) -> bool:
    return any("unknown" in key.split("+") and share > 0 for key, share in shares.items())


def _answer(answer: dict[str, Any]) -> str:
    china = answer["china"]
    known, unknown, whole = china["known_share"], china["unknown_share"], BASIS_WORDS[china["basis"]]
    if china["verdict"] == "present":
        ways = [way for way, found in china["ways"].items() if found["verdict"] == "present"]
        material = [WAY_WORDS[way] for way in ways if way in MATERIAL]
        others = [WAY_WORDS[way] for way in ways if way not in MATERIAL]
        also = f" Also {_join(others)}." if others else ""
        unshared = _unshared(answer)
        if material:
            if not known:
                origin = f"; {percent(unknown)} {whole} is of unknown origin" if unknown > 0 else ""
                rest = _other_elements(china)
                return (
                    f"Chinese inputs are PRESENT: a lot {_join(material, 'or')} is among the inputs, though nothing {whole} is stated to "
                    f"come from it{rest}{origin}.{unshared}{also}"
                )
            where = "mined or processed in China" if len(material) > 1 else material[0]
            return f"Chinese inputs are PRESENT: {percent(known)} {whole} was {where}{_rest(china)}{unshared}{also}"
        rest = "none is recorded or declared as mined or processed there"
        if unknown > 0 or any(china["ways"][way]["verdict"] == "cannot-exclude" for way in MATERIAL):
            share = f"{percent(unknown)} {whole}" if unknown else "though no share can be given"
            why = f"stages upstream are unknown, {share}"
            if not unknown and (china.get("doubts") or china.get("unexplained") or china.get("withdrawn")):
                why = "the record is not sound"
            rest = f"which cannot be excluded either: {why}"
        if by_means_alone(china):
            return _means(answer, rest if rest.startswith("which") else "")
        return (
            f"Chinese inputs are PRESENT, though not as material of Chinese origin ({rest}): some was {_join(others)}."
        )
    if china["verdict"] == "cannot-exclude":
        if not unknown and china.get("constituents"):
            each = ", ".join(f"{percent(share)} of its {element}" for element, share in china["constituents"].items())
            return (
                "Chinese inputs CANNOT BE EXCLUDED: none is recorded or declared, and its rare earths are accounted for, but nobody "
                f"states where {each} comes from."
            )
        if not unknown and china.get("withdrawn") and not china.get("doubts"):
            return "Chinese inputs CANNOT BE EXCLUDED: what stands names none, and what was retracted does."
        if not unknown and (china.get("doubts") or china.get("unexplained")):
            return "Chinese inputs CANNOT BE EXCLUDED: none is recorded or declared, but the record is not sound."
        return (
            "Chinese inputs CANNOT BE EXCLUDED: none is recorded or declared, but stages upstream are unknown "
            f"({f'{percent(unknown)} {whole}' if unknown else 'though no share can be given'})."
        )
    open_ways = [WAY_WORDS[way] for way, found in china["ways"].items() if found["verdict"] == "cannot-exclude"]
    rest = f" Not stated, so not excluded: whether it was {_join(open_ways, 'or')}." if open_ways else ""
    if declared_alone(answer):
        return (
            "Chinese inputs are ABSENT, by declaration alone: as declared none was mined or processed in China, and no event of this "
            f"ledger records any stage.{rest}"
        )
    return f"Chinese inputs are ABSENT from what is recorded and declared: none was mined or processed in China.{rest}"


def declared_alone(answer: dict[str, Any]) -> bool:
    """Whether every place of every stage of every element is declared, and none is recorded."""
    elements = answer.get("origin", {}).get("elements", {}).values()
    return bool(elements) and all(declared_whole(entry) for entry in elements)


def declared_whole(entry: dict[str, Any]) -> bool:
    """Whether all known places of an element are declared."""
    said = entry.get("declared", {})
    known = {
        stage: sum(share for key, share in shares.items() if key not in ("none", "unknown"))
        for stage, shares in entry["stages"].items()
    }
    return bool(said) and all(share <= said.get(stage, 0.0) + _DUST for stage, share in known.items())


def by_means_alone(china: dict[str, Any]) -> bool:
    """Whether nothing Chinese is there but owners, equipment and technology: no material was mined, processed or held in China."""
    return china["verdict"] == "present" and not any(
        china["ways"][way]["verdict"] == "present" for way in (*MATERIAL, "transit")
    )


def _means(answer: dict[str, Any], doubt: str) -> str:
    """The answer where owners, equipment or technology are Chinese and no material is: a saw in Ohio is no Chinese input of the magnet."""
    china = answer["china"]
    ways = [way for way in ("owned", "technology") if china["ways"].get(way, {}).get("verdict") == "present"]
    said = [f"{WAY_WORDS[way]}{_named(china, way)}" for way in ways]
    either = f", {doubt}" if doubt else ""
    return f"No Chinese material is recorded or declared{either}. Some was {_join(said)}."


def _named(china: dict[str, Any], way: str) -> str:
    """Which parties with what share, or which stage of which lot, as a parenthesis; of many, the first three."""
    if way == "owned":
        found = [
            f"{item['party']} {percent(item['attributed'])}"
            for item in china.get("owners", [])
            if item["attributed"] >= _HELD
        ]
    else:
        found = [
            f"{item.get('stage', item.get('type', 'event'))}, {item['lot']}"
            for item in china.get("inputs", [])
            if way in item["why"]
        ]
    each = list(dict.fromkeys(found))
    more = f" and {len(each) - _FEW} more" if len(each) > _FEW else ""
    return f" ({'; '.join(each[:_FEW])}{more})" if each else ""


def _other_elements(china: dict[str, Any]) -> str:
    """What else of the lot came from it, as a clause: iron of a magnet, say."""
    elements: dict[str, dict[str, Any]] = china.get("elements") or {}
    known = {element: found["known_share"] for element, found in elements.items() if found["known_share"]}
    each = [f"{percent(share)} of its {element}" for element, share in known.items()]
    return f", while {_join(each)} {'does' if len(each) == 1 else 'do'}" if each else ""


def counted(number: int, what: str) -> str:
    """`1 lot`, `2 lots`."""
    return f"{number:,} {what}{'s' * (number != 1)}"


def _join(words: list[str], last: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def known_words(found: dict[str, Any]) -> str:
    """A known share, with the least and greatest it can be where they differ."""
    span = found.get("range")
    return percent(found["known_share"]) + (f" ({percent(span[0])} to {percent(span[1])})" if span else "")


def stage_words(shares: dict[str, float]) -> str:
    """`AU 70.0%, CN 30.0%`; `-` for a stage that was never performed."""
    if set(shares) == {"none"}:
        return "-"
    ordered = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{'not done' if key == 'none' else key} {percent(share)}" for key, share in ordered)


def performed(answer: dict[str, Any]) -> list[str]:
    """Stages that some element of the lot passed, in order."""
    elements = answer["origin"]["elements"].values()
    stages: list[str] = list(next(iter(elements))["stages"]) if elements else []
    return [stage for stage in stages if any(set(element["stages"][stage]) != {"none"} for element in elements)]
