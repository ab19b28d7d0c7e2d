"""What a column's name says of its whole numbers: that they name rows, or measure something.

A number that names a customer is worth nothing for the next one, and a number that counts
customers may be worth a lot. Both may be called ``customer number``, so a name is believed only
where all of it says the same: ``No.`` names rows, ``No. of users`` counts users.
"""

import re
from functools import lru_cache
from typing import Final, Literal

from tenfold.data.cells.looks import is_unit

Says = Literal["names", "measures", "a word", "nothing"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that end, or begin, the name of a column that names rows, and say nothing else.
_SURE: Final = _words(
    "id ids uuid guid pk rowid objectid subjid usubjid subjectid hhid seqn uniqueid userid "
    "isbn issn ean gtin upc asin imei iban ssn vin barcode "
    "uid gid fid oid nid pid cid sid respid persid caseid recid docid "
    "rownames rowname rownumber rownum rowno rownr rowindex "
    "matricule matricula matrícula folio"
)
# Words that name rows where they stand alone, or beside what has a number of its own.
_NUMBER: Final = _words(
    "nr no nos num number numbers nummer numero número numéro numer key index idx code "
    "codigo código codice kode serial sn seq sequence row rows names name nbr номер"
)
_ALONE: Final = _words(
    "nr no nos nummer numero número numéro numer nbr key index idx code codigo código codice "
    "kode serial sn row rows seq sequence номер"
)
_BESIDE: Final = _words(
    "unique primary foreign surrogate natural internal old new my the de del di da do du der "
    "des la el le"
)
_COUNTS: Final = frozenset({"num", "number", "numbers"})  # what begins with one is a count
# What has a number of its own.
_HOLDERS: Final = _words(
    "account acct acc animal applicant application appl article asset batch bill block "
    "booking book candidate case certificate child claim client clinic company contract "
    "coupon course customer cust delivery device doc document driver dr emp employee "
    "enrollment enrolment entry event experiment family farm file firm flight hh hospital "
    "household house image img incident individual inventory invoice item job license licence "
    "line listing loan lot machine meter mouse parcel member membership movie notice obs "
    "observation officer order parent parking part participant passenger passport pat patient "
    "payment permit person pers personnel photo plant player plot po policy post product prod "
    "project property purchase question rat receipt rec record ref reference reg registration "
    "report request reservation respondent resp response roll route run sample school sensor "
    "series session shipment site sku sl slide social security specimen sr station stop store "
    "student study stud subject subj supplier survey tag tax team tenant test ticket track "
    "tracking trans transaction tree trial trip unit user vehicle vendor veteran visit "
    "volunteer voter ward worker s artikel auftrag auftrags beleg bestell fall kassen kunde "
    "kunden liefer lieferanten lfd laufende lauf matrikel mitarbeiter personal probe proben "
    "rechnung rechnungs serien vertrag vertrags versicherten zeile zeilen cliente klant "
    "bestelling dossier ligne commande facture fila orden pedido factura paciente paziente "
    "ordine fattura riga linha fatura kund клиент клиента заказ заказа строка"
)
# Names that were made up where a column had none.
_MADE_UP: Final = _words("column col var variable field feature attribute attr")
# Those whose numbers, without a further word, name them and measure nothing.
_ROWS: Final = _words(
    "applicant candidate case client customer cust employee individual lfd member obs "
    "observation participant passenger patient person record respondent sample specimen sr "
    "student subject subj user volunteer voter seq sequence row serial "
    "kunde mitarbeiter patientin probe cliente paciente paziente klant kund"
)
_MEASURES: Final = _words(  # time, and what is set or passes evenly
    "year years yr jahr month week day days hour minute second time date age epoch period "
    "quarter distance dist depth height dose step steps lag duration tenure since tag tage "
    "monat stunde minuten dauer alter frequency freq wavelength concentration conc angle "
    # amounts and counts
    "count counts counted cnt total totals sum amount amounts quantity qty volume size length "
    "width weight mass area space capacity level levels depth thickness diameter radius share "
    "percent percentage pct per ratio rate rates ratings rating score scores points point pts "
    "rank ranking place position grade grades mark marks degree degrees of average avg mean "
    "median max min maximum minimum std anzahl menge summe gesamt nombre quantité cantidad "
    "quantità aantal antal liczba "
    # money
    "price prices cost costs fee fees charge charges revenue revenues sales sold income wage "
    "wages salary salaries pay paid payments profit loss margin budget spend spending spent "
    "turnover balance debt credit deposit rent premium value values worth money cash gdp gnp "
    "capital assets bonus discount tariff preis preise kosten umsatz gehalt lohn einkommen "
    "miete gewinn betrag prix coût salaire montant loyer precio coste costo ingreso salario "
    "prezzo prijs omzet pris cena "
    # people and things that are counted
    "population pop users visits visitors customers clients people persons inhabitants "
    "employed employees workers members subscribers followers likes views clicks downloads "
    "units pieces orders rooms beds seats cars vehicles votes deaths births cases tests "
    "arrivals passengers students patients households children goals wins einwohner "
    "bevölkerung poblacion población populacao população "
    # nature and technology
    "temperature temp temperatur température temperatura pressure druck humidity moisture "
    "rain rainfall precipitation snow wind gust speed velocity acceleration altitude elevation "
    "latitude longitude lat lon lng power energy force load torque voltage volt volts current "
    "ampere watt watts resistance density flow flux intensity brightness noise signal counts "
    "cpm rpm horsepower hp mpg mileage odometer kilometers kilometres miles km kms mm cm kg "
    "lux ph co co2 o2 o3 no2 nox so2 pm pm10 ch4 voc ozone nitric oxide carbon radiation "
    "irradiance solar pulse heart bp bpm bmi body glucose cholesterol insulin hemoglobin "
    "platelets creatinine calories kcal protein fat sugar iron sodium steps performance "
    "memory bytes latency throughput geschwindigkeit gewicht höhe breite länge fläche "
    "vitesse poids hauteur largeur longueur superficie peso altura superficie sqft sqm "
    "living floor lot_size stories"
)
# A word that ends or begins with one of these measures something, in compounds, too.
_COMPOUND: Final = re.compile(
    r"(time|date|year|month|week|hour|minute|second|temp|price|jahr|monat|preis|umsatz).*"
    r"|.*(time|date|year|month|week|hour|minute|second|distance|depth|height|weight|length|width"
    r"|count|price|cost|income|salary|amount|total|level|score|rate|speed|pressure|temperature"
    r"|population|volume|power|energy|age|jahr|jahre|monat|stunden|preis|preise|kosten|umsatz"
    r"|gehalt|lohn|miete|temperatur|gewicht|fläche|länge|höhe|breite|menge|anzahl|alter|druck)"
)
_SIGN: Final = re.compile(r"№|n[°º]|n\.[°º]", re.IGNORECASE)
_GLUED: Final = re.compile(r"\w{2,}(nummer|nr)|(\w+)(id|no|num|number|key)")
_WORDS: Final = re.compile(
    r"(?:[A-ZÄÖÜÉ]+(?=[A-ZÄÖÜÉ][a-zäöüßé])|[^\W\d_]?[^\W\dA-ZÄÖÜÉ_]+|[A-ZÄÖÜÉ]+)\d*|#"
)
_INDEX: Final = re.compile(r"unnamed: ?\d+(_level_\d+)?|level_\d+|\.\.\.?\d+|#", re.IGNORECASE)
_IN_BRACKETS: Final = re.compile(r"[(\[{]([^)\]}]*)[)\]}]")
_CHEMICAL: Final = "NO"  # nitric oxide


@lru_cache(maxsize=4_096)
def said_by(name: str) -> Says:
    """Return what a column's name says of whole numbers in it.

    Returns
    -------
    {"names", "measures", "a word", "nothing"}
        That they name the rows; that they measure or count something; something that does not
        tell; or nothing, as ``x`` and ``V1`` do.

    Examples
    --------
    >>> [said_by(name) for name in ("id", "customerId", "Order No.", "Kundennummer", "n°")]
    ['names', 'names', 'names', 'names', 'names']
    >>> [said_by(name) for name in ("No. of users", "price_index", "NO (ppb)", "key_rate")]
    ['measures', 'measures', 'measures', 'measures']
    >>> said_by("humid"), said_by("V1"), said_by("NO")
    ('a word', 'nothing', 'nothing')
    """
    name = name.strip()
    if not name or _INDEX.fullmatch(name):
        return "names"
    inside = [word for part in _IN_BRACKETS.findall(name) for word in _split(part)]
    bare = _IN_BRACKETS.sub(" ", name)
    words = _split(bare)
    beside = set(words) | set(inside)
    if _are_sure(words, beside) or (set(inside) & _SURE and not words):
        return "names"
    measured = bare != name or any(map(_measures, beside))
    if not measured and bare.strip() != _CHEMICAL and _are_numbered(words):
        return "names"
    unit = len(words) > 1 and len(words[-1]) > 1 and is_unit(words[-1])
    if measured or unit or (set(words) & _NUMBER and len(words) > 1):
        return "measures"
    return (
        "a word" if any(len(word) > 2 for word in words if word not in _MADE_UP) else "nothing"
    )


def may_count(name: str) -> bool:
    """Tell whether a column of this name may count the rows, if its numbers look like it."""
    return said_by(name) == "nothing" or bool(set(_split(name)) <= _ROWS | _NUMBER)


def _split(name: str) -> list[str]:
    """Return the words of a name, in small letters."""
    words = [word.lower() for word in _WORDS.findall(_SIGN.sub(" nr ", name))]
    return [word if word in _MEASURES else word.rstrip("0123456789") for word in words]


def _measures(word: str) -> bool:
    held = word in _HOLDERS or word in _ROWS or word in _NUMBER
    return word in _MEASURES or (not held and _COMPOUND.fullmatch(word) is not None)


def _are_sure(words: list[str], beside: set[str]) -> bool:
    """Tell whether words end or begin with one that names rows, or hold one only."""
    if not words:
        return False
    last = _GLUED.fullmatch(words[-1])
    glued = last is not None and (
        last[1] is not None or last[2] in _HOLDERS or last[2] in _ROWS
    )
    if glued or words[-1] in _SURE or (words[-1] == "#" and words[0] in _HOLDERS):
        return True
    return words[0] in _SURE and not any(map(_measures, beside))


def _are_numbered(words: list[str]) -> bool:
    """Tell whether words are for a number and for nothing but what has one."""
    if not words:
        return False
    numbers = [word for word in words if word in _NUMBER or word == "#"]
    others = [word for word in words if word not in _NUMBER and word != "#"]
    if not numbers:
        return len(words) == 1 and words[0] in _ROWS
    if not others:
        return len(words) > 1 or words[0] in _ALONE
    at_an_end = words[-1] in numbers or (words[0] in numbers and words[0] not in _COUNTS)
    return at_an_end and all(word in _HOLDERS | _ROWS | _BESIDE for word in others)
