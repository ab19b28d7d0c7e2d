"""Which way a model goes to a file: that of tables, or that of pictures."""

from tenfold.data.pictures import Pictures
from tenfold.data.table import Table
from tenfold.export.draft import Draft
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
    """
    if isinstance(model, Model) and isinstance(data, Table):
        return TableDraft(model, data, about)
    raise NotImplementedError
