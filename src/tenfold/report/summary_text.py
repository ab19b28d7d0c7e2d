"""A summary as text for the terminal."""

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tenfold.checks.finding import Finding
from tenfold.config import Decision
from tenfold.evaluate.coverage import Coverage
from tenfold.evaluate.fifths import worst_of
from tenfold.evaluate.group_scores import GroupScore
from tenfold.evaluate.metrics import HEADLINE, NAMED, SCORE
from tenfold.evaluate.scores import FoldScore, TestScore
from tenfold.report.label_lines import label_headline, label_lines
from tenfold.report.summary import Results

AUDIT_TITLES: Final = {
    "error": "Would make the score misleading",
    "warning": "May make the score misleading",
    "info": "For information",
}
SECOND_LOOK: Final = 1.5  # half intervals; about 99.7 % where one is 95 %
MOVED: Final = 0.1  # below the promised share, that tells that rows change with time
SMALLEST_PLAIN: Final = 1e-4  # smaller numbers are written as powers of ten

# Of metrics, and of what stands in one table with them.
NAMES: Final = {name: metric.label for name, metric in NAMED.items()} | {
    "coverage": "in 90 % range"
}


def decision_lines(decisions: Sequence[Decision]) -> Iterator[str]:
    """Yield a line for each decision: what, why, and the option that changes it."""
    for decision in decisions:
        why = f" ({decision.why})" if decision.why else ""
        yield f"  {decision.what}{why}; {decision.change_with}"


def audit_lines(findings: Sequence[Finding], rows: str) -> Iterator[str]:
    """Yield what was found in data, the gravest first; ``rows`` says how many there are."""
    if not any(finding.severity != "info" for finding in findings):
        yield f"{rows}, with no problems that would make the score misleading"
    for severity, title in AUDIT_TITLES.items():
        found = [finding for finding in findings if finding.severity == severity]
        if found:
            yield f"{title}:"
        for finding in found:
            yield ""
            yield from textwrap.indent(str(finding), "  ").splitlines()
        if found:
            yield ""


def score_lines(summary: Results) -> Iterator[str]:
    """Yield the scores of a run, the baseline beside each."""
    if summary.network == "tutorial" and summary.task == "regression":
        mse = summary.scores["mse"]
        yield f"Baseline: {mse.mean:.2f} ({mse.std:.2f}) MSE"
        yield ""
    noun = summary.noun
    if summary.folds > 1:
        yield f"{summary.folds} folds, {tested(summary)}"
    else:
        yield f"1 fold, {summary.rows:,} {noun}, scored on held-out {noun}"
    width = max(len(NAMES[name]) for name in summary.scores)
    for name, score in summary.scores.items():
        interval = f"[{number(score.low)}, {number(score.high)}]"
        guess = number(summary.baseline[name])
        spread = "" if score.without_fold else f" (sd {number(score.std)})"
        yield (
            f"  {NAMES[name]:<{width}}  {number(score.mean)}{spread}  95 % interval "
            f"{interval}  baseline {guess}"
        )
    yield from pooled_lines(summary.scores, noun)
    yield from answering_lines(summary)
    if summary.test_rows and not _same(summary):
        yield f"{summary.test_rows:,} test {noun}, used only for this score"
        yield from test_lines(summary.test)
    yield from coverage_lines(summary)
    if summary.labels is not None:
        yield from label_lines(summary.labels, noun)
    yield verdict(summary)
    yield from group_lines(summary)


def one_line(summary: Results) -> str:
    """Return the data, the network, and its score beside the baseline's, in a line."""
    name = HEADLINE[summary.task]
    score, what = summary.scores[name], f"{summary.task} of {summary.target!r}"
    folds = "1 fold" if summary.folds == 1 else f"{summary.folds} folds"
    half = (score.high - score.low) / 2
    spread = "" if math.isnan(half) else f" \N{PLUS-MINUS SIGN} {number(half)}"
    return (
        f"{what}, {summary.rows:,} {summary.noun}, network {summary.network}, {folds}: "
        f"{NAMES[name]} {number(score.mean)}{spread}, baseline {number(summary.baseline[name])}"
    )


def tested(summary: Results) -> str:
    """Say how many rows there are, and how many of them a network was tested on."""
    rows = f"{summary.rows:,} {summary.noun}"
    network = "a network of an earlier period" if summary.in_time else "a network"
    if summary.tested in {None, summary.rows}:
        return f"{rows}, each predicted by {network} that was not trained on it"
    return (
        f"{rows}, {summary.tested:,} of them each predicted by {network} that was not "
        "trained on it"
    )


def answering_lines(summary: Results) -> Iterator[str]:
    """Yield how far the scores are those of what answers new rows, if they are not exactly."""
    noun, folds, count = summary.noun, summary.folds, summary.scored_folds
    of = "single folds"
    if summary.in_time and count < folds:
        of = "the last fold" if count == 1 else f"the last {count} folds"
    if summary.refit:
        of_all = f"the newest {summary.window:,}" if summary.window else "all"
        by = f"networks trained on {of_all} {noun} in the same way"
        end = "" if summary.in_time else f", for which no held-out {noun} are left"
    else:
        by = (
            f"the mean of all {folds}"
            if of == "single folds"
            else f"the mean of all {folds} folds"
        )
        end = ", which is usually slightly more accurate"
        if summary.in_time:
            end = f", most of which were not trained on recent {noun}"
    if folds > 1 or summary.refit:
        yield f"These are scores of {of}. New {noun} are predicted by {by}{end}."
    if summary.in_time:
        yield (
            f"The interval is the range in which the score on the next {summary.stretch:,} "
            f"{noun} in time is expected."
        )


def pooled_lines(scores: Mapping[str, FoldScore], noun: str) -> Iterator[str]:
    """Yield which scores are not means over folds, and why; nothing if all are."""
    pooled = [NAMES[name] for name, score in scores.items() if score.without_fold]
    of_labels = any(NAMED[name].task == "multilabel" for name in scores if name in NAMED)
    lacking = "label" if of_labels else "class"
    if len(pooled) == len(scores):
        yield (
            f"Folds hold out fewer than ten {noun}, so scores are computed on all held-out "
            f"{noun} together, not as a mean over folds (use fewer, larger folds: --folds)."
        )
    elif pooled:
        yield (
            f"A fold lacks a {lacking}, so {' and '.join(pooled)} are computed on all "
            f"held-out {noun} together, not as means over folds."
        )


def _same(summary: Results) -> bool:
    """Tell whether the only fold is that of the test rows, whose scores are shown already."""
    values = {name: score.value for name, score in summary.test.items()}
    return summary.folds == 1 and values == {n: s.mean for n, s in summary.scores.items()}


def test_lines(scores: Mapping[str, TestScore]) -> Iterator[str]:
    """Yield the scores of labelled rows with their intervals."""
    width = max(len(NAMES[name]) for name in scores)
    for name, test in scores.items():
        interval = f"[{number(test.low)}, {number(test.high)}]"
        yield f"  {NAMES[name]:<{width}}  {number(test.value)}  95 % interval {interval}"


def coverage_lines(summary: Results) -> Iterator[str]:
    """Yield what intervals or sets promise and hold, and what calibration changed."""
    found, calibration = summary.coverage, summary.calibration
    if calibration is not None and calibration.log_loss_after < calibration.log_loss_before:
        off = [100 * calibration.error_before, 100 * calibration.error_after]
        yield (
            f"Calibrated: log-loss {number(calibration.log_loss_before)} to "
            f"{number(calibration.log_loss_after)}, calibration error (ECE) {off[0]:.1f} to "
            f"{off[1]:.1f} %"
        )
    if found is None:
        return
    unseen, noun = found.measured, summary.noun
    if not math.isnan(unseen.mean):
        yield from _held_by_folds(summary, found)
    if found.fifths:
        yield _held_least(summary, found)
    if found.test is not None and found.test_size is not None:
        measured = [found.test.value, found.test.low, found.test.high, found.test_size]
        yield _held(summary, found.promised, measured, f"the test {noun}")


def _held_by_folds(summary: Results, found: Coverage) -> Iterator[str]:
    """Yield what intervals or sets held of the rows that folds held out."""
    unseen, size, noun = found.measured, found.size, summary.noun
    if not summary.in_time:
        measured = [unseen.mean, unseen.low, unseen.high, size.mean]
        line = _held(summary, found.promised, measured, f"held-out {noun}")
        if summary.refit or summary.folds == 1:
            yield line
        elif summary.classes:
            yield f"{line}; measured on single folds"
        else:
            yield (
                f"{line}; measured on single folds, and slightly narrower for the mean of "
                "all folds"
            )
        return
    what = "prediction sets" if summary.classes else "intervals"
    known = [share for share in unseen.per_fold if not math.isnan(share)]
    line = (
        f"{100 * found.promised:g} % {what} made from earlier folds covered "
        f"{100 * known[-1]:.1f} % of the {noun} in the last fold"
    )
    if len(known) > 1:
        low, high = 100 * min(known[:-1]), 100 * max(known[:-1])
        line += f", and {low:.1f} to {high:.1f} % in the folds before it"
    yield line
    if min(known) < found.promised - MOVED:
        yield (
            f"The coverage of {what} changes over time: for future {noun} it may be far below "
            f"{100 * found.promised:g} %"
        )


def _held_least(summary: Results, found: Coverage) -> str:
    """Name the fifth of the predictions whose intervals held least."""
    worst = worst_of(found.fifths)
    share, low, high = (100 * x for x in (worst.held.value, worst.held.low, worst.held.high))
    line = (
        f"Coverage is lowest for predictions from {number(worst.smallest)} to "
        f"{number(worst.largest)}: {share:.1f} % of {worst.rows:,} {summary.noun} "
        f"(95 % interval [{low:.1f}, {high:.1f}])"
    )
    if worst.falls_short(found.promised):
        return f"{line}; that is significantly below {100 * found.promised:g} %"
    return line


def _held(summary: Results, promised: float, measured: Sequence[float], of: str) -> str:
    """Return a sentence of a share that was held, its interval, and a mean size."""
    what, size = ("prediction sets", "size") if summary.classes else ("intervals", "width")
    share, low, high = (100 * one for one in measured[:3])
    return (
        f"{100 * promised:g} % {what} covered {share:.1f} % of {of} (95 % interval "
        f"[{low:.1f}, {high:.1f}]); their mean {size} is {number(measured[3])}"
    )


def verdict(summary: Results) -> str:
    """Say in one sentence whether the network beats the baseline."""
    name = HEADLINE[summary.task]
    score, guess = summary.scores[name], summary.baseline[name]
    if summary.gain.low > 0:
        return f"The network beats the baseline ({NAMES[name]})."
    of = f"({NAMES[name]} {number(score.mean)} against {number(guess)})"
    right = summary.scores.get("accuracy")
    # A second look at the same rows must be surer than the first: one of two is often luck.
    surely = None if right is None else right.mean - SECOND_LOOK * (right.mean - right.low)
    if surely is not None and surely > summary.baseline["accuracy"]:
        return (
            f"The network is right significantly more often than the baseline, but its "
            f"probabilities are not significantly better {of}: rely on the class alone."
        )
    return f"The network does not significantly beat the baseline {of}: do not rely on it."


def headline(summary: Results) -> str:
    """Say in one sentence how good the network is, and how good the baseline.

    Shares are told as such; where the target is a number, the error is in its unit.
    """
    if summary.labels is not None:
        return label_headline(summary.labels, summary.noun)
    name = SCORE[summary.task] if summary.task != "regression" else "mae"
    score, guess = summary.scores[name], summary.baseline[name]
    noun = summary.noun
    if summary.task == "multilabel":
        return (
            f"The mean average precision of labels is {number(score.mean)}; the baseline "
            f"reaches {number(guess)}."
        )
    if summary.task == "regression":
        between = f"95 % interval {number(score.low)} to {number(score.high)}"
        return (
            f"On held-out {noun}, predictions are off by {number(score.mean)} on average "
            f"({between}); the baseline is off by {number(guess)}."
        )
    between = f"95 % interval {100 * score.low:.1f} to {100 * score.high:.1f} %"
    return (
        f"{100 * score.mean:.1f} % of held-out {noun} are predicted correctly ({between}); "
        f"the baseline reaches {100 * guess:.1f} %."
    )


def group_lines(summary: Results) -> Iterator[str]:
    """Yield for whom the network works best and worst, and where it is of no use.

    What rows have in common by the target is told apart: nobody knows it beforehand.
    """
    groups = [group for group in summary.groups if not group.by_truth]
    if groups:
        best, worst = _furthest(groups, summary)
        if best:
            yield f"It works best where {best}."
        if worst:
            yield f"It works worst where {worst}."
        if not best and not worst:
            yield f"No significant differences between subgroups of {summary.noun} were found."
        yield from _useless_lines(groups)
    best, worst = _furthest([group for group in summary.groups if group.by_truth], summary)
    ends = [f"largest where {worst}"] * bool(worst) + [f"smallest where {best}"] * bool(best)
    if ends:
        unknown = "By the target itself, which is unknown for new data, errors are"
        yield f"{unknown} {' and '.join(ends)}."


def _furthest(groups: Sequence[GroupScore], summary: Results) -> tuple[str, str]:
    """Describe the groups that stand out furthest, the best and the worst; "" for none."""
    name = NAMES[HEADLINE[summary.task]]
    better = [group for group in groups if group.stands_out < 0]
    worse = [group for group in groups if group.stands_out > 0]
    return (
        described(better[-1], name, summary.noun) if better else "",
        described(worse[0], name, summary.noun) if worse else "",
    )


def _useless_lines(groups: Sequence[GroupScore]) -> Iterator[str]:
    """Yield where the network is not shown to beat the baseline."""
    useless = [group for group in groups if group.works is False]
    if len(useless) > len(groups) / 2:
        most = f"{len(useless)} of {len(groups)} subgroups"
        yield f"In {most} it does not significantly beat the baseline."
    elif useless:
        shown = "; ".join(where(group) for group in useless[:3])
        more = f"; and {len(useless) - 3} more subgroups" if len(useless) > 3 else ""
        yield f"It does not significantly beat the baseline where {shown}{more}."


def where(group: GroupScore) -> str:
    """Return which rows a group is."""
    return f"{group.column} is {group.value}"


def described(group: GroupScore, name: str, noun: str) -> str:
    """Return which rows a group is, and the error there."""
    return f"{where(group)} ({name} {number(group.error)}, {group.rows:,} {noun})"


def number(value: float) -> str:
    """Return a number with four digits that count.

    Examples
    --------
    >>> number(0.123456), number(48123.4), number(26.304)
    ('0.1235', '48,123', '26.30')
    """
    if math.isnan(value):
        return "-"
    size = abs(float(f"{value:.4g}"))
    if size == 0:
        return "0"
    if size >= 1000:
        return f"{value:,.0f}"
    if size < SMALLEST_PLAIN:
        return f"{value:.4g}"
    return f"{value:.{3 - math.floor(math.log10(size))}f}"
