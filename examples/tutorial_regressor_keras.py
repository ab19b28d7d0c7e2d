"""The tutorial's first program, a Keras regressor on the Boston housing table, kept in Keras.

Lines, names and order are the tutorial's. A note that starts with "Changed" stands at each
line that today's libraries refuse, and says why. Only ``KerasRegressor`` and
``cross_val_score`` come from another place: ``tenfold.keras``, which trains the networks of
all ten folds at once. It needs ``pip install 'tenfold[keras]'``.

The table comes with the package as a historical example: its column ``B`` is built on an
offensive premise (src/tenfold/samples/README.md). Use its results for nothing else.
"""

# 1. Import all the required packages.
#    Changed: Keras runs on JAX, torch or TensorFlow, and would take TensorFlow unless it is
#    told otherwise before it is imported.
import os

os.environ.setdefault("KERAS_BACKEND", "jax")

#    Changed: numpy is not imported, since the program never used it, and importlib finds the
#    table that comes with the package.
from importlib.resources import files

import pandas
from keras.layers import Dense, Input
from keras.models import Sequential
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

#    Changed: keras.wrappers.scikit_learn was taken out of Keras. cross_val_score is from here
#    as well, because that of scikit-learn would train one fold after the other.
from tenfold.keras import KerasRegressor, cross_val_score

# 2. Load the data set, which is saved in a local directory.
#    Changed: pandas replaced delim_whitespace=True by a separator, any number of blanks.
with (files("tenfold") / "samples" / "housing.data").open() as data:
    dataframe = pandas.read_csv(data, sep=r"\s+", header=None)
dataset = dataframe.values

# 3. Divide the data into input and output variables.
X = dataset[:, 0:13]
Y = dataset[:, 13]


# 4. Define the model.
def baseline_model() -> Sequential:
    """Return the tutorial's network, compiled."""
    model_regressor = Sequential()
    # Changed: Keras warns about input_dim=13 inside of Dense; an Input says the same.
    model_regressor.add(Input((13,)))
    model_regressor.add(Dense(13, kernel_initializer="normal", activation="relu"))
    model_regressor.add(Dense(1, kernel_initializer="normal"))
    # 5. Compile the model.
    model_regressor.compile(loss="mean_squared_error", optimizer="adam")
    # Changed: the tutorial's lines from Sequential to return are not indented.
    return model_regressor


# 6. Fix the random seed for reproducibility.
seed = 7

# 7. Evaluate the model on ten folds.
#    Changed: Keras 2 called nb_epoch epochs. The seed is given to the estimator, which draws
#    weights and the order of rows from it: scikit-learn refuses a random_state of a KFold that
#    does not shuffle, where it never had an effect.
estimator = KerasRegressor(
    build_fn=baseline_model, epochs=100, batch_size=5, random_state=seed, verbose=0
)
kfold = KFold(n_splits=10)
#    Changed: the score of the old wrapper was the loss. That of a regressor of scikit-learn is
#    R2, so the mean squared error is asked for; scorers turn its sign, as more is better.
baseline_result = -cross_val_score(estimator, X, Y, cv=kfold, scoring="neg_mean_squared_error")
#    Changed: one name for the result, which the tutorial prints as Baseline_result.
print(f"Baseline: {baseline_result.mean():.2f} ({baseline_result.std():.2f}) MSE")

# 8. Beyond the tutorial's program: its text announces a standardised data set. Each fold
#    computes means and standard deviations from its training rows.
pipeline = make_pipeline(StandardScaler(), estimator)
standardised = -cross_val_score(pipeline, X, Y, cv=kfold, scoring="neg_mean_squared_error")
print(f"Standardised: {standardised.mean():.2f} ({standardised.std():.2f}) MSE")

# 9. Beyond the tutorial: one network, trained on all rows, predicts. folds=None scores none.
estimator.set_params(folds=None).fit(X, Y)
print(f"The first district: {estimator.predict(X[:1])[0]:.1f}, true value {Y[0]:.1f}")
