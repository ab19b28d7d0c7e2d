"""How rows of a table become the inputs of networks."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from tenfold.data.columns.encode import encode_inputs
from tenfold.data.columns.required import check_columns
from tenfold.data.columns.schema import Schema
from tenfold.data.files.taken import as_table
from tenfold.data.tables.table import Table
from tenfold.learning import Coded, Progress
from tenfold.model import Model
from tenfold.nn.inputs import TableInputs
from tenfold.nn.network import FoldNetwork


@dataclass(frozen=True, slots=True)
class TableEncoder:
    """Turns rows of a table into numbers and codes, which each fold sees through its scales."""

    def encode(
        self,
        data: Table | pd.DataFrame,
        schema: Schema,
        network: FoldNetwork,
        device: torch.device,  # noqa: ARG002 - the network's features know it
        progress: Progress | None = None,  # noqa: ARG002 - it takes no time
    ) -> Coded:
        """Return rows as the networks take them; see ``encode_inputs``.

        Raises
        ------
        PredictError
            P01, if a column is missing; P02, if a column is not what it was.
        """
        table = as_table(data, schema.known)
        check_columns(table.frame, schema, table.decimal)
        return coded_rows(network, *encode_inputs(table.frame, schema, table.decimal))


def coded_rows(
    network: FoldNetwork, numbers: NDArray[np.float64], codes: NDArray[np.int64]
) -> Coded:
    """Return numbers and codes, (N, P) and (N, Q), as the networks take them."""
    inputs = TableInputs.of(network.features, numbers, codes)
    return Coded(inputs=inputs, count=len(numbers), numbers=numbers, codes=codes)


TableModel = Model[Schema, TableEncoder]
