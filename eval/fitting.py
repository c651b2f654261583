"""What the scripts that fit weights share: which articles are held out, and how an answer is put first."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from squad import SquadQuestion


def is_held_out(question: SquadQuestion) -> bool:
    """Even-numbered articles train, odd ones are held out: no paragraph is on both sides, in no translation."""
    return int(question.document.split("-")[0]) % 2 == 1


def put_first(
    tables: Sequence[NDArray[np.float64]], answers: Sequence[NDArray[np.bool_]], sources: Sequence[str], l2: float
) -> NDArray[np.float64]:
    """Weights (features,) under which a candidate that answers is likeliest to be the best of its question.

    tables   for each question (candidates, features); bring the features to spread 1, `l2` penalises all alike
    answers  for each question (candidates,); one without an answer teaches nothing and is left out
    sources  where each question is from: each source weighs the same

    Softmax over the candidates of a question, log loss of those that answer together (ListNet's top one: Cao et al.
    2007, "Learning to Rank: From Pairwise Approach to Listwise Approach").
    """
    kept = [n for n, right in enumerate(answers) if right.any()]
    most = max(len(answers[n]) for n in kept)
    inputs = np.zeros((len(kept), most, tables[0].shape[1]))
    right, real = np.zeros((len(kept), most), bool), np.zeros((len(kept), most), bool)
    for row, n in enumerate(kept):
        count = len(answers[n])
        inputs[row, :count], right[row, :count], real[row, :count] = tables[n], answers[n], True
    counts = Counter(sources[n] for n in kept)
    shares = torch.tensor([1 / len(counts) / counts[sources[n]] for n in kept], dtype=torch.float64)
    table, wrong, absent = torch.tensor(inputs), torch.tensor(~right), torch.tensor(~real)
    weights = torch.zeros(inputs.shape[2], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=500, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        chances = torch.log_softmax((table @ weights).masked_fill(absent, -1e9), dim=1)
        missed = -torch.logsumexp(chances.masked_fill(wrong, -1e9), dim=1)
        value = (shares * missed).sum() + l2 * (weights**2).sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    found: NDArray[np.float64] = weights.detach().numpy()
    return found


def spread(tables: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Standard deviation of each feature over all candidates, never 0."""
    every: NDArray[np.float64] = np.concatenate(tables).std(axis=0) + 1e-9
    return every
