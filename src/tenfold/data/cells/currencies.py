"""How money is written beside a number: symbols, codes of ISO 4217, and short words."""

from typing import Final

# Of a few symbols each, and the block of Unicode that holds the others.
SYMBOLS: Final = "$¢£¤¥\u058f\u060b\u09f2\u09f3\u0af1\u0bf9\u0e3f\u17db\u20a0-\u20cf\ufdfc"
_CODES: Final = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTC "
    "BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB ETH "
    "EUR FJD GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD "
    "JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT "
    "MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG "
    "QAR RMB RON RSD RUB RUR RWF SAR SCR SDG SEK SGD SOS SRD SYP SZL THB TJS TMT TND TOP TRY "
    "TTD TWD TZS UAH UGX USD UYU UZS VND XAF XCD XOF YER ZAR ZMW"
).replace(" ", "|")
# Codes that are words of no language in small letters, too.
_SMALL: Final = (
    "aed ars aud brl cad chf clp cny czk dkk egp eur gbp hkd huf idr ils inr jpy kes krw mxn "
    "myr ngn nok nzd php pkr pln rub sek sgd thb twd uah usd vnd zar"
).replace(" ", "|")
_SHORT: Final = (
    "Rs Rp RM Fr SFr sFr kr Kr KSh Ksh TSh Tsh USh Ush NRs S/ B/ Bs Gs Tk Dh Dhs DH QR SR Lei "
    "lei TL z\u0142 K\u010d Ft Euro Euros EURO \u0440\u0443\u0431 \u0440 \u043b\u0432 "
    "\u0433\u0440\u043d \u0434\u0438\u043d \u0434\u0435\u043d"
).replace(" ", "|")
# Before a symbol, as in US$ 5; an R or an A alone may begin a code.
_LANDS: Final = "US|A|C|CA|AU|NZ|HK|S|R|NT|MX|TT|J|Z|N|Bds|EC"

WITH_SYMBOL: Final = rf"(?=[A-Z{SYMBOLS}])(?:(?:{_CODES}|{_LANDS}) ?)?[{SYMBOLS}]"
"""A regular expression of a symbol, perhaps behind the country that it is of."""
MONEY: Final = (
    rf"(?=[^\W\d_]|[{SYMBOLS}])"  # at a glance most texts have none
    rf"(?:{WITH_SYMBOL}|(?:(?:{_CODES})|(?i:{_SMALL})|(?:{_SHORT})\.?)(?![^\W\d_]))"
)
"""A regular expression of what stands before a number, if it is money."""
