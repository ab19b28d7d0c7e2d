"""How well labels are predicted, in words, where data may have several."""

import math
from collections.abc import Iterator
from typing import Final

from tenfold.evaluate.label_scores import LabelScores

MOST: Final = 20  # labels in a terminal, the most frequent


def label_headline(labels: LabelScores, noun: str) -> str:
    """Say in one sentence how many labels are found, and how many of them are right."""
    return (
        f"On held-out {noun}, {100 * labels.recall:.1f} % of the labels are found, and "
        f"{100 * labels.precision:.1f} % of the predicted labels are right; "
        f"{100 * labels.exact:.1f} % of the {noun} get exactly their labels (with the most "
        f"frequent combination for all, {100 * labels.baseline:.1f} %)."
    )


def label_lines(labels: LabelScores, noun: str) -> Iterator[str]:
    """Yield the scores of each label, the most frequent first."""
    yield (
        f"F1 {labels.micro_f1:.3f} over all labels together, {labels.macro_f1:.3f} on average "
        "over labels; each is predicted from its threshold on, which is chosen on other "
        f"held-out {noun}"
    )
    shown = sorted(labels.each, key=lambda one: -one.rows)[:MOST]
    width = max(len("label"), *(len(one.label) for one in shown))
    names = "threshold  precision  recall     F1  average precision"
    yield f"  {'label':<{width}}  {noun:>7}  {names}"
    for one in shown:
        yield (
            f"  {one.label:<{width}}  {one.rows:>7,}  {one.threshold:>9.2f}  "
            f"{_share(one.precision):>9}  {_share(one.recall):>6}  {_share(one.f1):>5}  "
            f"{_share(one.average_precision):>17}"
        )
    if len(labels.each) > MOST:
        yield f"  and {len(labels.each) - MOST} more labels (metrics.json, report.html)"


def _share(value: float) -> str:
    """Return a share with three digits; a dash for none."""
    return "-" if math.isnan(value) else f"{value:.3f}"
