"""What a cell looks like as text: a number or other value, a unit, a comment, a note, a total.

These tell names from rows, and rows from what else stands in a file. They say nothing of what
a column means: that is decided in ``columns.column_kind``, from all its cells.
"""

import re
from typing import Final

LONGEST: Final = 60  # letters of a number, a date, a unit
NUMBER: Final = re.compile(r"[+-]?(\d+([.,]\d*)*|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE)
DASHES: Final = frozenset({"", "-", "--", "---", "\u2013", "\u2014", ".", "..", "/"})
_BYTE: Final = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
ADDRESS: Final = re.compile(
    rf"{_BYTE}(?:\.{_BYTE}){{3}}(?::\d+|/\d+)?|(?:[0-9A-Fa-f]{{0,4}}:){{3,7}}[0-9A-Fa-f]{{1,4}}"
    r"|(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}"
)
# A number with its sign, currency or percent; a date; a time.
_VALUE: Final = re.compile(
    r"[-+(\u2212]?\s?(?:[A-Z]{3} |[$\u20ac\u00a3\u00a5]\s?)?[-+\u2212]?[.,]?\d"
    r"[\d.,:/'\u2019\u00a0 +-]*(?:[eE][+-]?\d+)?"
    r"(?:T\d[\d:.+-]*Z?|Z|\s?(?i:[ap]\.?m)\.?|\s?[%\u2030$\u20ac\u00a3\u00a5\u00b0]"
    r"| [A-Z]{3})?\)?"
)
COMMENTS: Final = ("#", "//", "%", ";", "--", "!")  # what they begin with
_MARK: Final = re.compile("|".join(map(re.escape, COMMENTS)))
_DRAWN: Final = frozenset("-=_+:|*~. ")
_RULE: Final = re.compile(r":-:?|-:|.*[-=_]{2,}.*")
_NOTE: Final = re.compile(
    r"(sources?|notes?|n\.?b\.?|quellen?|anmerkung(en)?|hinweise?|fuentes?|notas?|fontes?"
    r"|remarks?|footnotes?|disclaimer|legend|key)\s*[:\uff1a.\u2013-]"
    r"|n\s*=\s*\d"
    r"|[*\u2020\u2021\u00a7]|\(c\)|\u00a9|copyright|\[?\d?\]?\s*source"
    r"|\(?\d[\d,. ]* (rows?|records?|lines?|entries)\b|(rows?|records?|count)\s*:\s*\d"
    r"|(foot)?notes?$|(end of|ende\b|generated|exported|printed|created|downloaded|retrieved"
    r"|last updated|data (from|source|as of)|report\b|prepared by|all rights)",
    re.IGNORECASE,
)
_TOTAL: Final = re.compile(
    r"(grand |sub-?|over-?all )?totals?\b.*|(column |row )?sums?( total)?|sum[a\u00e1]"
    r"|((zwischen)?summ[ea]|somme|soma|sous-total|gesamt)\b.*|gesamt(summe|ergebnis)"
    r"|totale?s?|total g[e\u00e9]n[e\u00e9]ral|totaal"
    r"|insgesamt|zusammen|\u0438\u0442\u043e\u0433\u043e|\u0432\u0441\u0435\u0433\u043e"
    r"|\u5408\u8ba1|\u5408\u8a08|\u603b\u8ba1|\u7e3d\u8a08|\u8a08|\u5c0f\u8a08"
    r"|\u5c0f\u8ba1|\u7dcf\u8a08"
    r"|\u03c3\u03cd\u03bd\u03bf\u03bb\u03bf|\u03c3\u03c5\u03bd\u03bf\u03bb\u03bf|\u03c3|\u2211"
    r"|\ud569\uacc4|\ucd1d\uacc4"
    r"|\u0432\u0441\u044c\u043e\u0433\u043e|\u0440\u0430\u0437\u043e\u043c"
    r"|razem|suma|og\u00f3\u0142em|\u0142\u0105cznie|celkem|sou\u010det|spolu|yhteens\u00e4|summa"
    r"|totalt|sammanlagt|i alt|(genel )?toplam|(sve)?ukupno|skupaj|(mind)?\u00f6sszesen|jumlah"
    r"|eindtotaal|subtotaal|subtotale|totalsumme",
    re.IGNORECASE,
)
_AVERAGE: Final = re.compile(
    r"(grand |over-?all )?(average|avg\.?|mean|mittelwert|durchschnitt|moyenne|promedio"
    r"|m[e\u00e9]dia)(\s*\(.*\))?",
    re.IGNORECASE,
)
# Words that name a row of the least or greatest values, which may be names of rows, too.
_STATISTIC: Final = re.compile(
    r"(count|n|max|min|maximum|minimum|sd|s\.d\.|std|st\.? ?dev|std\.? ?dev|stdev|median|range"
    r"|standard deviation|standardabweichung|variance|var|\u00f8|\u2300|overall|all"
    r"|results?)\.?",
    re.IGNORECASE,
)
UNITS: Final = (
    # length, area, volume, mass
    "cm mm km dm um µm μm nm ft feet foot in inch inches yd mi mile miles m2 m² m3 m³ cm2 cm² "
    "cm3 cm³ km2 km² ha acre acres sqft sqm ft2 ft² ml cl dl hl gal gallon gallons pint bbl "
    "kg mg µg μg ug ng lb lbs oz ton tons tonne tonnes kt "
    # time
    "sec secs second seconds min mins minute minutes hr hrs hour hours day days wk week weeks "
    "mo month months yr yrs year years ms us µs ns "
    # physics and chemistry
    "hz khz mhz ghz kj mj cal kcal kw mw gw wh kwh mwh gwh mv kv ma ohm °c °f degc degf deg "
    "rad pa hpa kpa mpa gpa bar mbar atm psi mmhg inhg mol mmol µmol μmol nmol m/s mm/h mm/d "
    "ph ppm ppb ppt db cd lx lm kn nm rpm bpm bq sv gy ev kev mev iu mgal dbz kph kmh mph kts "
    "psu ntu fnu "
    # money and counts
    "usd eur gbp chf jpy cny inr aud cad sek nok dkk pln czk huf rub brl k$ k€ mio mio. mn bn "
    "thousand thousands million millions billion billions euro euros dollar dollars percent "
    "pct percentage share ratio index score points pts rating count counts number no. nr. "
    "persons person people capita unit units piece pieces pc pc. pcs pcs. item items each "
    "stück stk stk. jahre tage stunden personen anzahl nombre unités unidades personas años "
    "días horas "
    "мм см м км мм² см² м² м2 км² м³ м3 га г кг т мг мл л с сек мин ч час "  # noqa: RUF001
    "дн дней сут мес год лет гц кгц вт квт квт·ч кдж дж в а ом па кпа мпа "  # noqa: RUF001
    "гпа об/мин руб руб. ₽ тыс тыс. млн млрд коп чел чел. шт шт. ед ед. "  # noqa: RUF001
    "грн дата текст число "
    "zł gr szt szt. osób kč ks ft db fő lei adet tl μ €/m² km/h "
    "元 万元 亿元 円 千円 百万円 원 人 名 个 個 件 台 "
    "年 月 日 岁 歳 时 小时 分 秒 公斤 千克 克 吨 米 厘米 "
    # what cells a column has
    "date time datetime timestamp text string str varchar char character int integer int64 "
    "float float64 double real decimal numeric bool boolean logical flag binary category "
    "categorical nominal ordinal factor continuous discrete object name code id label class "
    "meta type types typ dtype format einheit einheiten "
    "yes/no y/n 0/1 true/false n/a yyyy-mm-dd dd.mm.yyyy mm/dd/yyyy dd/mm/yyyy "
    "dd-mm-yyyy hh:mm hh:mm:ss yyyymmdd yyyy"
)
_UNITS: Final = frozenset(UNITS.split())
_LETTERS: Final = frozenset(
    "mglLsthdVAWJKCFN%#$€£¥‰°Ω₽₹₩₺₴₪"
)  # units of one letter, as written
_POWER: Final = re.compile(r"\^?[-\u2212\u207b]?[\d\u00b9\u00b2\u00b3]+$")
_WIDTH: Final = re.compile(r"\d+[sdn]")  # of text, a date, a number, as hydrologists say it
_PARTS: Final = re.compile(r"\s*(?:/|\u00b7|\*| per | )\s*")


def is_number(cell: str) -> bool:
    """Tell whether a cell is a number, with either decimal sign.

    Examples
    --------
    >>> is_number("-1.5e3"), is_number("1.250,5"), is_number("5 kg")
    (True, True, False)
    """
    return len(cell) <= LONGEST and NUMBER.fullmatch(cell) is not None


def is_value(cell: str) -> bool:
    """Tell whether a cell is a number, perhaps with a currency or percent, a date or a time.

    Examples
    --------
    >>> [is_value(cell) for cell in ("$1,250", "69.5%", "2024-02-29", "12:30 pm", "EUR 5")]
    [True, True, True, True, True]
    >>> is_value("size 5"), is_value("day1")
    (False, False)
    """
    return len(cell) <= LONGEST and _VALUE.fullmatch(cell) is not None


def is_unit(cell: str) -> bool:
    """Tell whether a cell is a unit of measurement, or names what kind of cells a column has.

    Examples
    --------
    >>> [is_unit(c) for c in ("kg", "[m/s]", "(EUR)", "kg m^-3", "date", "s", "S")]
    [True, True, True, True, True, True, False]
    """
    cell = cell.strip()
    if len(cell) > LONGEST:
        return False
    if len(cell) > 2 and cell[0] + cell[-1] in {"()", "[]", "{}", "<>"}:
        return True
    if _WIDTH.fullmatch(cell):
        return True
    parts = [_POWER.sub("", part) or part for part in _PARTS.split(cell)]
    known = (part in _LETTERS or part.casefold() in _UNITS for part in parts)
    return cell.casefold() in _UNITS or (len(parts) < 5 and all(known))


def comment_mark(cell: str) -> str:
    """Return the mark with which a line begins that is a comment, or nothing.

    Examples
    --------
    >>> comment_mark("# made by X"), comment_mark("// x"), comment_mark("north")
    ('#', '//', '')
    """
    found = _MARK.match(cell.lstrip())
    return found.group() if found else ""


def is_rule(cell: str) -> bool:
    """Tell whether a cell is part of a line that is drawn with dashes.

    Examples
    --------
    >>> is_rule("-----"), is_rule(":---:"), is_rule("-5"), is_rule("a-b")
    (True, True, False, False)
    """
    return bool(_DRAWN.issuperset(cell)) and _RULE.fullmatch(cell) is not None


def is_note(cell: str) -> bool:
    """Tell whether a text that stands alone below a table is a note on it.

    Examples
    --------
    >>> is_note("Source: example"), is_note("* preliminary"), is_note("(120 rows affected)")
    (True, True, True)
    >>> is_note("New York"), is_note("Sourdough")
    (False, False)
    """
    cell = cell.strip()
    return _NOTE.match(cell) is not None or is_rule(cell) or comment_mark(cell) in {"#", "//"}


def is_total(cell: str) -> bool:
    """Tell whether a cell names a row of sums.

    Examples
    --------
    >>> is_total("Grand total:"), is_total("TOTAL 2024"), is_total("totalled")
    (True, True, False)
    """
    return _TOTAL.fullmatch(cell.strip().rstrip(" :")) is not None


def is_average(cell: str) -> bool:
    """Tell whether a cell names a row of means.

    Examples
    --------
    >>> is_average("Average"), is_average("mean"), is_average("meaning")
    (True, True, False)
    """
    return _AVERAGE.fullmatch(cell.strip().rstrip(" :")) is not None


def is_statistic(cell: str) -> bool:
    """Tell whether a cell may name a row of counts, extremes, deviations or the like.

    Examples
    --------
    >>> is_statistic("Std. Dev."), is_statistic("MAX"), is_statistic("Maximilian")
    (True, True, False)
    """
    return _STATISTIC.fullmatch(cell.strip().rstrip(" :")) is not None


def is_address(text: str) -> bool:
    """Tell whether a text is the address of a computer.

    Examples
    --------
    >>> is_address("10.235.160.114"), is_address("fe80::1:2:3"), is_address("8.7.3")
    (True, True, False)
    """
    return ADDRESS.fullmatch(text) is not None
