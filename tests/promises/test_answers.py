"""What a run answers depends on the model alone, and its scores are those of its answers."""

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    root_mean_squared_error,
)

from tenfold.evaluate.label_scores import labels_in_text
from tests.promises.cases import three_folds
from tests.promises.conftest import Trained, answers_in, table_of


def test_a_saved_model_answers_and_scores_as_before(trained: Trained) -> None:
    new = trained.case.kind.together(trained.new)
    said, loaded = trained.run.predict(new), trained.case.load(trained.folder)
    assert loaded.predict(new).equals(said)
    assert loaded.metrics == trained.run.metrics
    # Processors with matrix units may multiply the weights of another copy in another order.
    near = trained.case.rounding
    scores, again = trained.run.evaluate(trained.data), loaded.evaluate(trained.data)
    assert again == scores or near
    for name, score in scores.items():
        assert again[name].value == pytest.approx(score.value, rel=near, abs=near)
    assert len(np.unique(answers_in(said), axis=0)) > 1  # the control: answers differ


def test_one_alone_is_answered_as_among_others_in_any_order(trained: Trained) -> None:
    kind, run, near = trained.case.kind, trained.run, trained.case.rounding
    together = answers_in(run.predict(kind.together(trained.new)))
    turned = answers_in(run.predict(kind.together(trained.new[::-1])))
    alone = [answers_in(run.predict(kind.together([one])))[0] for one in trained.new]
    np.testing.assert_allclose(turned[::-1], together, rtol=near, atol=near)
    np.testing.assert_allclose(alone, together, rtol=near, atol=near)


def test_the_scores_of_folds_are_those_of_the_answers_to_what_they_held_out(
    trained: Trained,
) -> None:
    said, metrics = table_of(trained.folder), trained.run.metrics
    weights = trained.case.kind.weights(trained.data)
    for fold, (_, held_out) in enumerate(three_folds(trained.case.kind.count)):
        part, w = said.iloc[held_out], None if weights is None else weights[held_out]
        if metrics["task"] == "multilabel":
            names = metrics["classes"]
            truth = [labels_in_text(text, names) for text in part["truth"].fillna("")]
            answers = part[[f"probability {name}" for name in names]]
            known = average_precision_score(truth, answers, average="macro")
            found = metrics["scores"]["mean_average_precision"]["per_fold"][fold]
        elif metrics["task"] == "regression":
            known = root_mean_squared_error(part["truth"], part["prediction"], sample_weight=w)
            found = metrics["scores"]["rmse"]["per_fold"][fold]
        else:
            known = accuracy_score(part["truth"], part["prediction"], sample_weight=w)
            found = metrics["scores"]["accuracy"]["per_fold"][fold]
        assert found == pytest.approx(known, rel=1e-9)
