"""A question and candidate sentences, read together → how well each of them answers, and by which of its words.

The network that embeds reads all of it in one pass here, corrected by low-rank differences of its matrices (LoRA: Hu et
al. 2021, arXiv:2106.09685), and a linear layer says of each token how likely the answer begins there, or ends (the span
head of BERT: Devlin et al. 2018, arXiv:1810.04805); the first token stands for "none of these answers".
`eval/fit_reader.py` trains the differences on dev questions; they fit the network they were trained on and no other.
"""

import copy
import io
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.answering.blanks import closed_up
from rag.embedding.embedder import Embedder
from rag.embedding.text_embedder import Network

QUESTION_TOKENS, TITLE_TOKENS, SENTENCE_TOKENS, MOST_TOKENS = 64, 24, 120, 512
"""What is longer loses its end."""
LONGEST_SPAN = 40
_FILE = "reader.npz"
_QUESTION = "query: "
_loading = threading.Lock()
_loaded: deque[tuple[Network, "Reader"]] = deque(maxlen=2)


@dataclass(frozen=True, slots=True)
class Layout:
    """Tokens of one pass, where each sentence stands in it (first, last + 1), and its tokens' characters in it."""

    ids: list[int]
    places: list[tuple[int, int]]
    characters: list[list[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Reading:
    """`value`: log odds that the answer stands in a sentence rather than nowhere. `begin` to `end` are the characters
    that are the answer if it does, `sure` how likely they are of all that could be (0…1)."""

    value: float
    begin: int = 0
    end: int = 0
    sure: float = 0.0


def reader_for(embedder: Embedder) -> "Reader | None":
    """The shipped reader, where it is of this model; else none. One for all who share a model."""
    fingerprint, weights = read_weights()
    network = getattr(embedder, "network", None)
    if not isinstance(network, Network) or embedder.fingerprint != fingerprint:
        return None
    with _loading:
        for known, reader in _loaded:
            if known is network:
                return reader
        _loaded.append((network, Reader(network, weights)))
        return _loaded[-1][1]


class Reader:
    """Safe from any thread. `weights` are those of `read_weights`, trained on this network."""

    def __init__(self, network: Network, weights: Mapping[str, NDArray[Any]]) -> None:
        import torch

        self._tokenizer = network.tokenizer
        # The embeddings, most of the network, are the same.
        shared = network.module.embeddings
        self._module = copy.deepcopy(network.module, {id(shared): shared})
        linear = dict(self._module.named_modules())
        with torch.no_grad():
            for name, (down, up) in corrections(weights).items():
                linear[name].weight += torch.tensor(up.astype(np.float32) @ down.astype(np.float32))
        self._module.eval()
        self._head = torch.tensor(weights["head.weight"].astype(np.float32))
        self._bias = torch.tensor(weights["head.bias"].astype(np.float32))

    def read(self, question: str, passages: Sequence[Sequence[str]], titles: Sequence[str] = ()) -> list[list[Reading]]:
        """For each passage one of each of its sentences. `titles` are of each passage's document, "" if it has none."""
        import torch

        laid = layout(self._tokenizer, question, passages, titles)
        with torch.inference_mode():
            states = self._module(input_ids=torch.tensor([laid.ids])).last_hidden_state[0]
            marks = states @ self._head.T + self._bias
            values = sentence_values(marks, laid.places).tolist()
        told = iter(
            Reading(value, *answer_span(marks[begin:end].double().numpy(), characters))
            for value, (begin, end), characters in zip(values, laid.places, laid.characters, strict=True)
        )
        return [[next(told) for _ in passage] for passage in passages]


def layout(tokenizer: Any, question: str, passages: Sequence[Sequence[str]], titles: Sequence[str] = ()) -> Layout:
    """<s> question </s> title </s> sentences of a passage </s> sentences of the next </s>.

    A title tells whom a text is about whose sentences do not say it; one for several passages in a row stands once.
    """
    first, last = tokenizer.token_to_id("<s>"), tokenizer.token_to_id("</s>")

    def encoded(text: str, most: int) -> tuple[list[int], list[tuple[int, int]]]:
        plain, at = closed_up(text)
        tokens = tokenizer.encode(plain, add_special_tokens=False)
        return tokens.ids[:most], [(at[b], at[e - 1] + 1 if e > b else at[b]) for b, e in tokens.offsets[:most]]

    ids = [first, *encoded(_QUESTION + question, QUESTION_TOKENS)[0]]
    places: list[tuple[int, int]] = []
    characters: list[list[tuple[int, int]]] = []
    told = ""
    for n, passage in enumerate(passages):
        if n < len(titles) and titles[n] != told:
            told = titles[n]
            ids += [last, *encoded(told, TITLE_TOKENS)[0]]
        ids.append(last)
        for sentence in passage:
            begin = len(ids)
            own, where = encoded(sentence, SENTENCE_TOKENS)
            ids += own
            places.append((begin, len(ids)))
            characters.append(where)
    most = MOST_TOKENS - 1
    return Layout([*ids[:most], last], [(min(begin, most), min(end, most)) for begin, end in places], characters)


def sentence_values(marks: Any, places: Sequence[tuple[int, int]]) -> Any:
    """(tokens, 2) marks of begin and end → (sentences,): of each the sum over its tokens, less that of the first token.

    A sentence without a token has the least value there is.
    """
    import torch

    nothing = torch.tensor(-30.0)
    values = [
        torch.logsumexp(marks[begin:end], dim=0).sum() - marks[0].sum() if end > begin else nothing
        for begin, end in places
    ]
    return torch.stack(values) if values else torch.zeros(0)


def answer_span(marks: NDArray[np.float64], characters: Sequence[tuple[int, int]]) -> tuple[int, int, float]:
    """(tokens, 2) marks of begin and end in a sentence → first character, last + 1 and probability of the likeliest
    stretch of at most LONGEST_SPAN tokens; (0, 0, 0.0) of no token."""
    if not len(marks):
        return 0, 0, 0.0
    begins, ends = (np.exp(one - one.max()) / np.exp(one - one.max()).sum() for one in marks.T)
    chances = np.tril(np.triu(np.outer(begins, ends)), LONGEST_SPAN - 1)
    first, last = divmod(int(chances.argmax()), len(marks))
    return characters[first][0], characters[last][1], float(chances[first, last])


def corrections(weights: Mapping[str, NDArray[Any]]) -> dict[str, tuple[NDArray[Any], NDArray[Any]]]:
    """Name of a matrix of the network → what is added to it: the product of (rank, inputs) and (outputs, rank)."""
    names = {name.removesuffix(".down") for name in weights if name.endswith(".down")}
    return {name: (weights[f"{name}.down"], weights[f"{name}.up"]) for name in sorted(names)}


def write_weights(weights: Mapping[str, NDArray[Any]], fingerprint: str) -> bytes:
    """The file of weights in half precision; `fingerprint` is of the model they were trained on."""
    file = io.BytesIO()
    arrays: dict[str, Any] = {name: np.asarray(values, np.float16) for name, values in weights.items()}
    np.savez_compressed(file, fingerprint=np.array(fingerprint), **arrays)
    return file.getvalue()


@cache
def read_weights() -> tuple[str, Mapping[str, NDArray[Any]]]:
    """The shipped file: fingerprint of the model, and the weights; "" and none where there is no such file."""
    resource = files("rag.answering").joinpath(_FILE)
    if not resource.is_file():
        return "", {}
    with np.load(io.BytesIO(resource.read_bytes()), allow_pickle=False) as stored:
        weights = {name: stored[name] for name in stored.files if name != "fingerprint"}
        return str(stored["fingerprint"]), weights
