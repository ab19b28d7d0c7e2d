"""The learning rate over the steps, and the epochs at whose end networks are looked at."""

import math

from tenfold.training.recipe import Recipe


def step_size(recipe: Recipe, done: float) -> float:
    """Return the learning rate after a share of all steps, 0 to 1.

    Examples
    --------
    >>> recipe = Recipe(epochs=1, batch_size=1, lr=1.0, schedule="triangle", warm_up=0.25)
    >>> [step_size(recipe, done) for done in (0.0, 0.125, 0.25, 0.625, 1.0)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    if recipe.schedule == "root":
        return recipe.lr / math.sqrt(1 + 15 * done)
    if recipe.schedule == "triangle":
        rise = done / recipe.warm_up if recipe.warm_up else 1.0
        return recipe.lr * min(rise, (1 - done) / (1 - recipe.warm_up))
    return recipe.lr


def look_epochs(last: int) -> list[int]:
    """Return the epochs at whose end validation rows are looked at: ever more sparsely.

    Examples
    --------
    >>> look_epochs(20)
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 19, 20]
    """
    epochs, epoch = [], 0
    while epoch < last:
        epoch = min(last, epoch + max(1, epoch // 5))
        epochs.append(epoch)
    return epochs
