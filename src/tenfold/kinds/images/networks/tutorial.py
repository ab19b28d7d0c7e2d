"""The tutorial's network for pictures."""

from functools import partial
from typing import ClassVar

from tenfold.config import Task, TrainOptions
from tenfold.data.pictures.framing import Framing
from tenfold.kinds.images.networks.picture_network import LaidOutNetwork, Setting, Stored
from tenfold.nn.convnets import TutorialClassifier
from tenfold.training.augment import Augmentation
from tenfold.training.picture_plan import PicturePlan
from tenfold.training.recipe import Recipe


class Tutorial(LaidOutNetwork):
    """The tutorial's network, trained as the tutorial trains it.

    Keras counted ``shear_range`` in radians when the tutorial was written: 0.2 is 11.46
    degrees. Its ``rescale=1./255`` comes with every feed.
    """

    name: ClassVar[str] = "tutorial"
    framing: ClassVar[Framing] = Framing(size=64, crop=0.0)

    def is_asked_for(self, options: TrainOptions) -> bool:
        """Tell whether options name this network."""
        return options.network == self.name

    def plan(self, setting: Setting) -> PicturePlan:
        """Return how it is trained."""
        return PicturePlan(
            form=self.name,
            make=partial(_network, setting.task),
            recipe=Recipe(epochs=25, batch_size=32, cut="full", lr=1e-3, epsilon=1e-7),
            size=setting.size,
            sizes=((1.0, setting.size),),
            augmentation=Augmentation(
                shear=11.46, zoom=(0.8, 1.2), flip=setting.flip("random")
            ),
            scores_epochs=True,
        )

    def why(self, options: TrainOptions) -> str:  # noqa: ARG002
        """Return why it is trained so."""
        return "as in the tutorial"

    def module(self, stored: Stored) -> TutorialClassifier:
        """Return one network of those that a file describes."""
        size = stored.encoder.size
        return _network(stored.task, (3, size, size), stored.outputs)


def _network(task: Task, shape: tuple[int, ...], outputs: int) -> TutorialClassifier:
    """Return the network for pictures of a shape (3, S, S)."""
    two = task == "classification" and outputs == 2
    return TutorialClassifier(shape[-1], outputs, one_unit=two)
