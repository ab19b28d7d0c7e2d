"""What a user can say of the audit."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from tenfold.option import Options, one_of, option

AuditMode = Literal["stop", "warn", "off"]
AUDIT_MODES: Final = get_args(AuditMode)


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditOptions(Options):
    """What becomes of data that would make the score a lie.

    Parameters
    ----------
    audit : {"stop", "warn", "off"}
        Refuse them, train and say so, or do not look.
    """

    audit: AuditMode = option(
        "stop",
        "What to do about data that would inflate the score: stop, warn (and train), or off.",
        "MODE",
        values=one_of(AUDIT_MODES),
    )
