"""Columns of text as a few numbers of each fold's own: components and scores of the target.

Shape letters in this file:
    G  folds    N  rows of the table       F  networks side by side
    P  columns of numbers, K of them of each of X texts
    C  components and scores of a text     T  fits, one for each fold
"""

from collections.abc import Sequence
from typing import Final, Self, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.together import kept_together
from tenfold.nn.text_fit import COMPONENTS, fit_text, parts_of_rows

ROWS: Final = 64  # of a block; the last one is filled up, so that no row changes another


@final
class FoldTexts(nn.Module):
    """What each fold makes of columns of text.

    Parameters
    ----------
    spans : tuple of X (int, int)
        Where the counts of each text begin and end among the P; all have K.
    scores : int
        Numbers that say something of the target: one, or one for each of several classes.
    of_F : tuple of F int
        The fit of each network, among the T.

    Attributes
    ----------
    learnt_TNC : Tensor or None
        In training: what networks see of the rows of the table, X texts beside each other.
        Scores of rows that a fold learns from are those that its other rows give.
    """

    weight_TXK: Tensor
    basis_TXKC: Tensor
    shift_TXC: Tensor

    def __init__(
        self, spans: tuple[tuple[int, int], ...], scores: int, of_F: Sequence[int]
    ) -> None:
        super().__init__()
        self.spans, self.scores, self.of_F = spans, scores, tuple(of_F)
        self.learnt_TNC: Tensor | None = None
        fits, texts = max(of_F) + 1, len(spans)
        places, numbers = spans[0][1] - spans[0][0], COMPONENTS + scores
        self.register_buffer("weight_TXK", torch.zeros(fits, texts, places))
        self.register_buffer("basis_TXKC", torch.zeros(fits, texts, places, numbers))
        self.register_buffer("shift_TXC", torch.zeros(fits, texts, numbers))

    @classmethod
    def of(cls, rows: Encoded, learn_GN: NDArray[np.bool_], members: int) -> Self:
        """Fit texts to the rows that each fold may learn from, which its members share."""
        seen_NS = _seen(rows.target)
        of_F = [g for g in range(len(learn_GN)) for _ in range(members)]
        made = cls(rows.texts, seen_NS.shape[1], of_F)
        groups = kept_together(rows)
        found = [np.zeros((len(learn_GN), *seen_NS.shape)) for _ in rows.texts]
        for g, learn in enumerate(learn_GN):
            part_M = parts_of_rows(int(learn.sum()), None if groups is None else groups[learn])
            for x, (first, end) in enumerate(rows.texts):
                counts_MK = rows.numbers[learn, first:end].astype(np.float64)
                fit = fit_text(counts_MK, seen_NS[learn], rows.weights[learn], part_M)
                made.weight_TXK[g, x] = torch.from_numpy(fit.weight_K)
                made.basis_TXKC[g, x] = torch.from_numpy(fit.basis_KC)
                made.shift_TXC[g, x] = torch.from_numpy(fit.shift_C)
                found[x][g, learn] = fit.scores_MS
        learnt_TNXC = made.project(torch.from_numpy(rows.numbers).double()).unflatten(
            -1, (len(rows.texts), -1)
        )
        mine_TN = torch.from_numpy(learn_GN)
        for x, scores_TNS in enumerate(found):
            said = torch.from_numpy(scores_TNS).float()
            learnt_TNXC[:, :, x, COMPONENTS:][mine_TN] = said[mine_TN]
        made.learnt_TNC = learnt_TNXC.flatten(2)
        return made

    @property
    def width(self) -> int:
        """Numbers that all texts of a row become."""
        return len(self.spans) * (COMPONENTS + self.scores)

    def kept(self, numbers: int) -> list[int]:
        """Return those of P columns of numbers that are no counts of a text."""
        gone = {p for first, end in self.spans for p in range(first, end)}
        return [p for p in range(numbers) if p not in gone]

    @torch.no_grad()
    def project(self, numbers_NP: Tensor) -> Tensor:
        """Return components and scores of rows, (T, N, X C), float32."""
        out = []
        for block_BP in numbers_NP.split(ROWS):
            rows = len(block_BP)
            filled_BP = nn.functional.pad(block_BP, (0, 0, 0, ROWS - rows))
            out.append(self.numbers_of(filled_BP)[:, :rows])
        if not out:
            return self.shift_TXC.new_zeros((len(self.shift_TXC), 0, self.width))
        return torch.cat(out, dim=1)

    def numbers_of(self, numbers_BP: Tensor) -> Tensor:
        """Return components and scores of a block of rows, in steps that a file can hold."""
        out, dtype = [], numbers_BP.dtype  # not every device has float64
        for x, (first, end) in enumerate(self.spans):
            counts_TBK = numbers_BP[:, first:end] * self.weight_TXK[:, x, None].to(dtype)
            length_TB1 = torch.sqrt((counts_TBK * counts_TBK).sum(dim=-1, keepdim=True))
            # A text without a word is a vector of zeros.
            vectors_TBK = counts_TBK / torch.where(length_TB1 > 0, length_TB1, 1.0)
            said_TBC = torch.matmul(vectors_TBK, self.basis_TXKC[:, x].to(dtype))
            out.append((said_TBC + self.shift_TXC[:, x, None].to(dtype)).float())
        return torch.cat(out, dim=-1)

    def only(self, at_F: NDArray[np.int64]) -> "FoldTexts":
        """Return those of some of the networks, by position."""
        used = sorted({self.of_F[f] for f in at_F})
        made = FoldTexts(self.spans, self.scores, [used.index(self.of_F[f]) for f in at_F])
        for name, buffer in self.named_buffers():
            setattr(made, name, buffer[used])
        return made

    def shard(self, at_F: NDArray[np.int64]) -> "FoldTexts":
        """Return those of some of the networks, and the rows as these see them."""
        made, used = self.only(at_F), sorted({self.of_F[f] for f in at_F})
        made.learnt_TNC = None if self.learnt_TNC is None else self.learnt_TNC[used]
        return made


def _seen(target_N: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.float64]:
    """Return targets as they are scored, (N, S): classes as marks, of two the second's."""
    if target_N.dtype.kind == "f":
        return target_N[:, None].astype(np.float64)
    marks_NS = np.eye(max(2, int(target_N.max()) + 1))[np.maximum(target_N, 0)]
    return marks_NS[:, 1:] if marks_NS.shape[1] == 2 else marks_NS
