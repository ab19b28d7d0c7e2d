"""How the networks of all folds are trained on images."""

from dataclasses import replace

from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits
from tenfold.kinds.images.image_features import see_pictures
from tenfold.kinds.images.image_scores import test_scorer
from tenfold.kinds.images.networks.pretrained import Pretrained
from tenfold.kinds.images.picture_model import PictureEncoder, picture_inputs
from tenfold.learning import Dealt, Fitted, Learning
from tenfold.nn.blend import Blend
from tenfold.training.fit_blend import fit_blend
from tenfold.training.fit_heads import fit_heads
from tenfold.training.fit_novelty import fit_novelty
from tenfold.training.fit_pictures import fit_pictures
from tenfold.training.keras_metrics import keras_metrics
from tenfold.training.picture_plan import PicturePlan
from tenfold.training.watch import Supervision


def fit_images(
    learning: Learning, plan: PicturePlan, dealt: Dealt, care: Supervision
) -> Fitted:
    """Train the networks of all folds: on pixels, or heads on features."""
    if plan.make is None:
        numbers = see_pictures(learning, plan, care)
        seen = replace(dealt, rows=replace(dealt.rows, numbers=numbers))
        return _fit_heads(learning, plan, seen, care)
    score_test, place = None, learning.place
    test, alone = learning.test, not dealt.splits.held_out.any()
    if plan.task == "classification" and plan.scores_epochs and test is not None and alone:
        score_test = test_scorer(test, learning.schema, plan.size, place.device)
    fits = fit_pictures(
        dealt.rows,
        picture_inputs(learning.data, plan.size, place.device),
        dealt.splits,
        plan,
        learning.streams,
        precision=place.precision,
        care=care,
        score_test=score_test,
    )
    told = keras_metrics(
        fits,
        lambda: picture_inputs(learning.data, plan.size, place.device),
        dealt.rows,
        dealt.splits,
    )
    decisions = (*fits.decisions, *told)
    return Fitted(fits=fits, rows=dealt.rows, decisions=decisions, form=plan.form)


def picture_encoder(
    learning: Learning, plan: PicturePlan, rows: Encoded, splits: Splits
) -> PictureEncoder:
    """Return what turns new pictures into pixels or features, and tells how new they are."""
    backbone = plan.backbone if plan.make is None else None
    novelty = None
    if backbone is not None:
        features = rows.numbers[:, : backbone.whole]
        novelty = fit_novelty(features, splits.pairs(), learning.streams)
    return PictureEncoder(
        backbone=backbone,
        mirrored=plan.mirrored,
        size=plan.size,
        precision=learning.place.precision,
        novelty=novelty,
    )


def _fit_heads(
    learning: Learning, plan: PicturePlan, dealt: Dealt, care: Supervision
) -> Fitted:
    """Find heads on features, and train networks beside them if that is planned and pays."""
    rows, splits, place, streams = dealt.rows, dealt.splits, learning.place, learning.streams
    if plan.form == Pretrained.name:
        heads = fit_heads(rows, splits, plan, streams, place.device, care=care)
        fits, chosen = heads.fits, heads.decisions
    else:
        inputs = picture_inputs(learning.data, plan.size, place.device)
        fits, chosen = fit_blend(rows, inputs, splits, plan, streams, place, care=care)
    form = plan.form if isinstance(fits.network, Blend) else Pretrained.name
    return Fitted(fits=fits, rows=rows, decisions=(*chosen, *fits.decisions), form=form)
