"""Keras models behind scikit-learn's contract, all folds at once.

``KerasRegressor`` and ``KerasClassifier`` take a function that makes a model, as the wrappers
of Keras' early days and of scikeras do; ``cross_val_score`` scores them as scikit-learn's
function does, with one training for all folds. It needs ``pip install 'tenfold[keras]'``.
"""

from tenfold.keras.estimators import KerasClassifier, KerasRegressor
from tenfold.keras.scoring import cross_val_score
from tenfold.keras_backend import name_backend

name_backend()  # Keras may be imported after this package

__all__ = ["KerasClassifier", "KerasRegressor", "cross_val_score"]
