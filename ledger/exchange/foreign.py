"""Words that other systems put over our columns: ERP field names and headings in English, German, French, Japanese and Chinese.

They are used to suggest a mapping, which a person looks over, and for nothing else. In capitals are fields of SAP's tables MKPF,
MSEG and LIKP.
"""

from __future__ import annotations

import difflib
import re
import unicodedata

from ledger.exchange.columns import analytes
from ledger.exchange.contract import COLUMNS
from ledger.exchange.headings import parted, share_unit

_WORDS: dict[str, str] = {
    "event": "event id, document, document no, document number, doc no, voucher, transaction, transaction id, movement id, record id, id, "
    "belegnr, beleg, belegnummer, materialbeleg, vorgangsnummer, MBLNR, VBELN, "
    "n document, no document, numero de document, num\u00e9ro de document, num\u00e9ro document, document num\u00e9ro, pi\u00e8ce, n pi\u00e8ce, "
    "\u4f1d\u7968\u756a\u53f7, \u4f1d\u7968\u30b3\u30fc\u30c9, \u51ed\u8bc1\u53f7, \u51ed\u8bc1, \u5355\u636e\u53f7, \u5355\u53f7",
    "type": "event type, movement type, transaction type, action, operation, movement, bewegungsart, vorgang, vorgangsart, BWART, "
    "op\u00e9ration, type de mouvement, mouvement, type d'op\u00e9ration, \u79fb\u52d5\u30bf\u30a4\u30d7, \u79fb\u52d5\u533a\u5206, \u53d6\u5f15\u533a\u5206, "
    "\u79fb\u52a8\u7c7b\u578b, \u4e1a\u52a1\u7c7b\u578b",
    "at": "date, time, timestamp, datetime, date time, event time, posting date, document date, entry date, datum, zeit, zeitpunkt, "
    "buchungsdatum, belegdatum, BUDAT, BLDAT, CPUDT, date et heure, horodatage, date comptable, date de comptabilisation, "
    "\u65e5\u671f, \u65e5\u6642, \u65e5\u4ed8, \u8a08\u4e0a\u65e5, "
    "\u8ee2\u8a18\u65e5\u4ed8, \u4f1d\u7968\u65e5\u4ed8, \u8fc7\u8d26\u65e5\u671f, \u51ed\u8bc1\u65e5\u671f, \u65f6\u95f4",
    "actor": "party, company, company code, operator, owner, entity, firma, buchungskreis, unternehmen, BUKRS, soci\u00e9t\u00e9, entreprise, "
    "\u516c\u53f8, \u4f1a\u793e, \u4f1a\u793e\u30b3\u30fc\u30c9, \u516c\u53f8\u4ee3\u7801",
    "site": "plant, location, facility, site id, werk, standort, WERKS, usine, division, lieu, "
    "\u5de5\u5382, \u5de5\u5834, \u30d7\u30e9\u30f3\u30c8, \u4e8b\u696d\u6240",
    "stage": "process, process step, process stage, step, verfahren, prozessschritt, \u00e9tape, proc\u00e9d\u00e9, \u5de5\u7a0b, \u5de5\u5e8f",
    "direction": "in out, i/o, flow, richtung, sens, \u5165\u51fa\u5eab, \u65b9\u5411, SHKZG",
    "lot": "lot id, lot no, lot number, batch, batch id, batch no, batch number, charge, chargennummer, chargennr, CHARG, "
    "n de lot, no de lot, num\u00e9ro de lot, n lot, \u6279\u53f7, \u6279\u6b21, \u6279\u6b21\u53f7, "
    "\u30ed\u30c3\u30c8, \u30ed\u30c3\u30c8\u756a\u53f7, \u30ed\u30c3\u30c8no",
    "form": "material, material form, material no, material number, product, commodity, item, produkt, materialnummer, artikel, MATNR, MAKTX, "
    "produit, article, mati\u00e8re, \u7269\u6599, \u7269\u6599\u7f16\u7801, \u54c1\u540d, \u54c1\u76ee, \u54c1\u76ee\u30b3\u30fc\u30c9",
    "mass": "weight, net weight, quantity, qty, net mass, net, menge, gewicht, nettogewicht, MENGE, ERFMG, NTGEW, quantit\u00e9, poids, "
    "poids net, masse, masse nette, \u91cd\u91cf, \u6570\u91cf, \u51c0\u91cd, \u6b63\u5473\u91cd\u91cf, \u8cea\u91cf",
    "unit": "uom, unit of measure, mass unit, weight unit, base unit, einheit, mengeneinheit, me, gewichtseinheit, MEINS, ERFME, GEWEI, "
    "unit\u00e9, unit\u00e9 de mesure, \u5355\u4f4d, \u5358\u4f4d, \u6570\u91cf\u5358\u4f4d",
    "u_mass": "mass uncertainty, u mass, weight uncertainty, scale uncertainty, uncertainty, unsicherheit, messunsicherheit, incertitude",
    "to": "consignee, destination, ship to, receiver, recipient, customer, empf\u00e4nger, warenempf\u00e4nger, KUNNR, KUNWE, destinataire, "
    "\u51fa\u8377\u5148, \u7d0d\u5165\u5148, \u6536\u8d27\u65b9, \u6536\u8d27\u4eba",
    "supplier": "vendor, lieferant, LIFNR, fournisseur, \u4ed5\u5165\u5148, \u4f9b\u5e94\u5546",
    "route": "via, routing, itin\u00e9raire",
    "country": "origin, country of origin, origin country, herkunft, ursprungsland, herkunftsland, HERKL, pays d'origine, origine, "
    "\u539f\u7523\u56fd, \u539f\u4ea7\u56fd, \u539f\u4ea7\u5730",
    "note": "comment, comments, remarks, remark, text, bemerkung, SGTXT, commentaire, remarque, observations, \u5907\u6ce8, \u5099\u8003",
    "reason": "cause, grund, motif, \u7406\u7531, \u539f\u56e0",
    "hs": "hs code, tariff code, zolltarifnummer, STAWN, code sh, \u6d77\u5173\u7f16\u7801, hs\u30b3\u30fc\u30c9",
    "carrier": "forwarder, spediteur, frachtf\u00fchrer, transporteur, \u904b\u9001\u4f1a\u793e, \u627f\u8fd0\u4eba",
    "value": "price, amount, invoice value, wert, DMBTR, montant, valeur, \u91d1\u984d, \u91d1\u989d",
    "currency": "curr, w\u00e4hrung, WAERS, devise, \u901a\u8ca8, \u5e01\u79cd",
    "deposit": "mine, ore body, orebody, lagerst\u00e4tte, gisement, mine d'origine, \u9271\u5c71, \u77ff\u5c71",
}  # fmt: skip
_UNCERTAIN = frozenset({"unc", "uncertainty", "sd", "unsicherheit", "incertitude"})
_ANALYTES = {name.casefold(): name for name in analytes()}


def plain(heading: str) -> str:
    """A heading as it is compared: without case, full-width forms, points, dashes and signs for numbers."""
    text = unicodedata.normalize("NFKC", re.sub(r"[\u00b0\u00ba\u2116]", " ", heading)).casefold()
    return " ".join(re.split(r"[\s_\-.:#/]+", text)).strip()


_KNOWN = {name.replace("_", " "): name for name in COLUMNS} | {
    plain(word): name for name, words in _WORDS.items() for word in words.split(", ")
}


def column_of(heading: str) -> str | None:
    """The column that a heading may mean: one of ours, or one of composition; None where nothing is near."""
    words, unit = parted(heading)
    share = share_unit(unit) if unit else None
    if share is not None:
        found = [part for part in re.split(r"[\s_\-\[\]()]+", words) if part]
        # Uranium is written with a capital, an uncertainty mostly is not.
        doubts = [part for part in found if part == "u" or part.casefold() in _UNCERTAIN]
        analytes = [_ANALYTES[part.casefold()] for part in found if part.casefold() in _ANALYTES and part not in doubts]
        return f"{'u ' * bool(doubts)}{analytes[0]} {share}" if len(analytes) == 1 else None
    for text in (plain(heading), plain(words)):
        if text in _KNOWN:
            return _KNOWN[text]
    near = difflib.get_close_matches(plain(words), _KNOWN, n=1, cutoff=0.85)
    return _KNOWN[near[0]] if near else None
