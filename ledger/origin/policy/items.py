"""Whether the name of an end item is of something that a magnet is built into: a magnet is none, and `item` names nothing."""

from __future__ import annotations

import re

_MAGNET_PARTS = (
    "magnet", "magneet", "aimant", "calamita", "calamite", "knat", "miknat", "ndfeb", "smco", "neodym", "néodym",
    "neodim", "samari", "магнит", "магніт", "неодим", "самари", "磁", "钕", "釹", "네오디", "ネオジ",
    "자석", "マグネット", "μαγνήτ", "μαγνητ", "मैग्नेट", "चुंबक", "مغناط", "מגנט",
)  # fmt: skip
"""Parts of words for a magnet or its material in English, German, Dutch, Polish, French, Italian, Turkish, Spanish,
Portuguese, Russian, Ukrainian, Chinese, Japanese, Korean, Greek, Hindi, Arabic and Hebrew."""
_MAGNET_WORDS = frozenset({
    "imán", "iman", "imanes", "ímã", "ima", "ímãs", "imas", "imã", "magnes", "magnesy", "neo", "nd", "sm", "rare", "earth", "nib",
})  # fmt: skip
_DEVICE = re.compile(
    r"motor|moteur|motore|engine|generat|générat|turbin|drive|antrieb|servo|speaker|lautsprecher|loudspeaker|headphone|headset|"
    r"microphone|actuator|aktor|actionneur|pump|valve|relay|sensor|capteur|laptop|computer|phone|camera|radar|missile|vehicle|"
    r"aircraft|drone|robot|compressor|alternator|magnetometer|magnetron|scanner|separator|clutch|brake|coupling|bearing|encoder|"
    r"gyro|guidance|printer|television|^(?:tank|ship|fan|watch|radio)s?$",
    re.IGNORECASE,
)
"""What magnets are built into; a name that speaks of a magnet must go on to one of these."""
_TURNS = re.compile(
    r"motor|moteur|motore|engine|generat|générat|generador|turbin|antrieb|servo|actuator|aktor|actionneur|drill|"
    r"rotor|pump|compressor|alternator|valve|clutch|brake|coupling|bearing|vehicle|aircraft|missile|drone|ship|tank|fan",
    re.IGNORECASE,
)
"""What turns or moves by its magnets; whatever electronics it has, the name is not of them."""
_WITH = frozenset({"with", "mit", "avec", "con", "com", "à", "met"})
_FOR = frozenset({
    "for", "of", "from", "to", "in", "für", "fuer", "aus", "pour", "de", "du", "des", "para", "por", "per", "di", "da", "voor",
    "van", "для", "ex",
})  # fmt: skip
_SAYS_NOTHING = frozenset({
    "item", "items", "material", "materials", "product", "products", "part", "parts", "component", "components", "piece",
    "pieces", "goods", "good", "article", "articles", "thing", "things", "object", "unit", "units", "sample", "covered", "end",
    "final", "supply", "supplies", "deliverable", "delivery", "assembly", "subassembly", "device", "devices", "electronic",
    "electronics", "equipment", "system", "systems", "hardware", "stuff", "lot", "set", "kit", "test", "name", "commercial",
    "cots", "any", "some", "other", "various", "misc", "anything", "something", "finished", "the", "and", "for", "raw", "stock",
    "merchandise", "commodity", "purchase", "order", "contract",
    "permanent", "sintered", "bonded", "coated", "plated", "magnetized", "loose", "block", "blocks", "disc", "discs", "disk",
    "disks", "ring", "rings", "arc", "arcs", "segment", "segments", "tile", "tiles", "cube", "cubes", "sphere", "spheres", "bar",
    "bars", "rod", "rods", "plate", "plates", "array", "halbach", "grade", "type", "high", "blank", "blanks", "pack", "alloy",
    "powder", "metal", "iron", "cobalt", "boron", "nickel", "epoxy", "zinc",
    "teil", "teile", "produkt", "produkte", "ware", "waren", "artikel", "gegenstand", "bauteil", "erzeugnis", "pièce", "produit",
    "matière", "objet", "composant", "pieza", "producto", "componente", "artículo", "prodotto", "parte", "materiale", "oggetto",
    "peça", "produto", "onderdeel", "materiaal", "изделие", "товар", "деталь", "материал", "产品", "部件", "材料", "零件",
    "製品", "部品", "제품", "부품", "재료",
})  # fmt: skip
SHORTEST = 3
"""Letters; a shorter name names nothing."""


def is_magnet(name: str) -> bool:
    """Whether a name is of a magnet: it speaks of one, and not of a device that has it.

    `permanent magnet motor` is a motor and `motor with magnets` too; `motor magnet` and `magnet for a motor` are magnets.
    """
    found = _words(name)
    spoken = [place for place, word in enumerate(found) if _of_a_magnet(word)]
    if not spoken:
        return False
    last = spoken[-1]
    after = [word for word in found[last + 1 :] if word.isalpha()]
    if after and _DEVICE.search(after[-1]) and not _FOR & set(after):
        return False
    before = found[: spoken[0]]
    return not (any(_DEVICE.search(word) for word in before) and _WITH & set(before))


def turns(name: str) -> bool:
    """Whether a name is of a machine rather than of an electronic device: `brushless motor`, `cordless drill`."""
    return any(_TURNS.search(word) for word in _words(name))


def nameless(name: str) -> bool:
    """Whether a name says nothing of what the end item is: too short, one letter over and over, or general words alone."""
    letters = [letter for letter in name.casefold() if letter.isalpha()]
    if len(letters) < SHORTEST or len(set(letters)) == 1:
        return True
    return all(
        word in _SAYS_NOTHING or len(word) < SHORTEST or any(letter.isdigit() for letter in word)
        for word in _words(name)
    )


def _of_a_magnet(word: str) -> bool:
    return (word in _MAGNET_WORDS or any(part in word for part in _MAGNET_PARTS)) and not _DEVICE.search(word)


def _words(name: str) -> list[str]:
    """Words in small letters, of any script."""
    return re.findall(r"[^\W_]+", name.casefold())
