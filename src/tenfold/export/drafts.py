"""Which way a model goes to a file: that of tables, or that of pictures."""

from tenfold.data.pictures import Pictures
from tenfold.data.table import Table
from tenfold.errors import PredictError
from tenfold.export.draft import Draft
from tenfold.export.picture_draft import PictureDraft
from tenfold.export.table_draft import TableDraft
from tenfold.exported import About
from tenfold.model import Model
from tenfold.picture_model import PictureModel


def draft_of(model: Model | PictureModel, data: Table | Pictures, about: About) -> Draft:
    """Return a model on its way to a file.

    Parameters
    ----------
    model : Model or PictureModel
    data : Table or Pictures
        What the file is compared on, such as the model learnt from.
    about : About

    Raises
    ------
    ExportError
        X03, if a column is called as an output.
    PredictError
        P05, if there are pictures for a table's model, or rows for one of pictures.
    """
    if isinstance(model, Model) and isinstance(data, Table):
        return TableDraft(model, data, about)
    if isinstance(model, PictureModel) and isinstance(data, Pictures):
        return PictureDraft(model, data, about)
    raise PredictError("P05", "the data are not of the kind that the model was trained on")
