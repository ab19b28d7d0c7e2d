"""From the rows of a table to trained networks."""

from tenfold.config import Decision
from tenfold.data.columns.encode import number_names
from tenfold.data.columns.schema import Schema
from tenfold.learning import Dealt, Fitted, Learning
from tenfold.nn.features import FoldFeatures
from tenfold.nn.inputs import TableInputs
from tenfold.training.fit_tables import fit_folds
from tenfold.training.keras_metrics import keras_metrics
from tenfold.training.recipe import Plan
from tenfold.training.watch import Supervision


def fit_table(learning: Learning, plan: Plan, dealt: Dealt, care: Supervision) -> Fitted:
    """Train the networks of all folds."""
    schema, device, rows = learning.schema, learning.place.device, dealt.rows
    fits = fit_folds(rows, dealt.splits, schema.task, plan, learning.streams, device, care=care)
    features = fits.network.features
    metrics = keras_metrics(
        fits,
        lambda: TableInputs.of(features, rows.numbers, rows.codes),
        rows,
        dealt.splits,
    )
    decisions = (*fits.decisions, *_values_learnt(schema, features), *metrics)
    return Fitted(fits=fits, rows=rows, decisions=decisions, form=plan.form)


def _values_learnt(schema: Schema, features: FoldFeatures) -> tuple[Decision, ...]:
    """Say which columns of numbers are categories, too, because their values come back."""
    if not features.values:
        return ()
    names = number_names(schema)
    shown = ", ".join(f"{names[p]!r} ({len(known)})" for p, known in features.values[:8])
    return (
        Decision(
            what=f"each value is also encoded as a category: {shown}",
            why="a few scattered numbers that recur often",
            change_with="--kind NAME=number",
        ),
    )
