"""The tutorial's first program, a regressor on the Boston housing table, written with Tenfold.

The steps are in the tutorial's order, with a note wherever Tenfold makes one unnecessary.
The table comes with the package as a historical example: its column ``B`` is built on an
offensive premise (src/tenfold/samples/README.md). Use its results for nothing else.
"""

# 1. Import all the required packages.
from importlib.resources import files

import pandas
from sklearn.model_selection import KFold

from tenfold import TabularRegressor

# 2. Load the data set: cells separated by spaces, no header.
with (files("tenfold") / "samples" / "housing.data").open() as table:
    dataframe = pandas.read_csv(table, sep=r"\s+", header=None)
dataset = dataframe.to_numpy()

# 3. Divide the data into input and output variables.
X = dataset[:, 0:13]
Y = dataset[:, 13]

# 4. Define the model: Dense 13 relu, Dense 1, normal initialisation.
# 5. Compile it: mean squared error, Adam.
#    Both steps are one name; "FILE.py:FUNCTION" or a function would be a custom network.
network = "tutorial"

# 6. Fix the random seed for reproducibility. Nothing else uses it.
seed = 7

# 7. Evaluate: 100 epochs in batches of 5, ten folds, here all at once in one run.
estimator = TabularRegressor(
    network=network, epochs=100, batch_size=5, folds=KFold(n_splits=10), random_state=seed
)
estimator.fit(X, Y)
baseline_result = estimator.fold_scores_["mse"]
print(f"Baseline: {baseline_result.mean():.2f} ({baseline_result.std():.2f}) MSE")

# 8. The tutorial announces a standardised data set, but its program does not standardise.
#    Each fold computes means and standard deviations from its training rows.
estimator.set_params(standardize=True).fit(X, Y)
standardised = estimator.fold_scores_["mse"]
print(f"Standardised: {standardised.mean():.2f} ({standardised.std():.2f}) MSE")

# 9. Beyond the tutorial: the ten networks together predict a new row.
print(f"The first district: {estimator.predict(X[:1])[0]:.1f}, true value {Y[0]:.1f}")
