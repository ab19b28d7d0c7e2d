"""What a check of the data found, laid out as an error is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tenfold.config import Decision
from tenfold.errors import RULES, AuditError, laid_out

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something in the data that makes a score a lie, or may.

    Attributes
    ----------
    code : str
        Key of ``errors.RULES``: A01, A02, ...
    severity : {"error", "warning", "info"}
        Whether it makes a score a lie, may make it one, or is only good to know.
    fact : str
        What was found, as a clause without a full stop.
    place : mapping of str to str
        Where, and the figures that show it.
    fix : tuple of str
        What the user can do; each entry stands alone.

    Examples
    --------
    >>> print(Finding(code="A10", severity="warning", fact="rows stand in the order of time"))
    A10: rows stand in the order of time.
    <BLANKLINE>
      why  forecasts may only use the past
    """

    code: str
    severity: Severity
    fact: str
    place: Mapping[str, str] = field(default_factory=dict)
    fix: tuple[str, ...] = ()

    def __str__(self) -> str:
        return laid_out(self.code, self.fact, self.place, self.fix)

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as a JSON object."""
        return {
            "code": self.code,
            "severity": self.severity,
            "fact": self.fact,
            "rule": RULES[self.code],
            "place": dict(self.place),
            "fix": list(self.fix),
        }

    def decision(self) -> Decision:
        """Return what a run says of it, if it goes on all the same."""
        shown = "; ".join(f"{name}: {text}" for name, text in self.place.items())
        why = f"{RULES[self.code]} ({shown})" if shown else RULES[self.code]
        return Decision(
            what=f"{self.code}: {self.fact}", why=why, change_with="; ".join(self.fix)
        )


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings that stop first, then those that warn, each by their code."""
    return tuple(sorted(findings, key=lambda one: (SEVERITIES.index(one.severity), one.code)))


def decide(findings: Sequence[Finding], *, stop: bool) -> tuple[Decision, ...]:
    """Return what a run has to say of findings, or refuse the data.

    Parameters
    ----------
    findings : sequence of Finding
    stop : bool
        Whether a finding that makes the score a lie ends the run.

    Raises
    ------
    AuditError
        The first such finding, with the facts of the others.
    """
    stops = [finding for finding in findings if finding.severity == "error"]
    if stop and stops:
        first, *others = stops
        more = {"also": "; ".join(f"{one.code}: {one.fact}" for one in others)}
        raise AuditError(
            first.code,
            first.fact,
            place={**first.place, **(more if others else {})},
            fix=[*first.fix, "train anyway: --audit warn"],
        )
    return tuple(one.decision() for one in findings if one.severity != "info")
