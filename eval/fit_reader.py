"""Train the reader that tells which sentence answers, and print how well it does on the way.

    python eval/fit_reader.py --squad GOLD.json … [--squad …] [--steps N]
                              [--resume [--fresh LINE]] [--compile] [--write]

Files after one --squad are translations of each other (the same ids), the first the most important: questions in one
language are learned over paragraphs in another. Even-numbered articles train; of the odd ones every tenth question is
asked along the way. WRITTEN of the examples are of `written.jsonl` (four of five of its documents; the fifth is asked
along the way) and `near_misses.jsonl`. With --resume the result is the mean of the weights before and after, which told
our dev questions better than either (Wortsman et al. 2021, arXiv:2109.01903). On two processors that have instructions
for bfloat16 the first 1,500 steps took 80 minutes, and 1,900 more with `--compile` 66 to 71. `--write` replaces
src/rag/answering/reader.npz (`src/rag/answering/reader.py` says what it holds).
"""

import argparse
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fitting import is_held_out
from reader_examples import Family, ReaderExample, Source, examples
from squad import SquadSet, read_squad
from written import WrittenDocument, WrittenFamily, nearness, read_near_misses, read_written

from rag.answering.reader import Layout, layout, read_weights, sentence_values, write_weights
from rag.documents.sentences import split_sentences
from rag.embedding.load import load_embedder
from rag.embedding.text_embedder import Network, TextEmbedder
from rag.settings import DEFAULT_MODEL

WEIGHTS = Path(__file__).resolve().parent.parent / "src" / "rag" / "answering" / "reader.npz"
RANK, BATCH, RATE, HEAD_RATE, WARM_UP = 32, 16, 4e-4, 1e-3, 40
RESUMED = 0.6
"""Of RATE where training goes on from weights: the whole rate unlearns more of them before it learns."""
WRITTEN = 0.75
"""Share of the examples; each --squad has the same of the others."""
FRESH = 2 / 3
"""Of the written examples the share of documents that the weights have not seen, with --fresh."""
_LONGEST = 384
"""Tokens of an example; a longer one costs more than it teaches."""
_MATRICES = ("query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense")


class Corrected(torch.nn.Module):
    """A linear layer, and what is learned to be added to it."""

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__()
        self.linear = linear
        self.down = torch.nn.Parameter(torch.randn(RANK, linear.in_features) / linear.in_features**0.5)
        self.up = torch.nn.Parameter(torch.zeros(linear.out_features, RANK))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """(…, inputs) → (…, outputs)."""
        added = torch.nn.functional.linear(torch.nn.functional.linear(states, self.down), self.up)
        return self.linear(states) + added  # type: ignore[no-any-return]


def corrected(module: Any) -> dict[str, Corrected]:
    """Puts a correction on each matrix of each layer; all else stays as it is. By the matrix's name."""
    for parameter in module.parameters():
        parameter.requires_grad = False
    found = [
        name
        for name, part in module.named_modules()
        if isinstance(part, torch.nn.Linear) and ".layer." in f".{name}" and name.endswith(_MATRICES)
    ]
    placed = {}
    for name in found:
        parent, _, own = name.rpartition(".")
        placed[name] = Corrected(module.get_submodule(name))
        setattr(module.get_submodule(parent), own, placed[name])
    return placed


def resume(placed: Mapping[str, Corrected], head: torch.nn.Linear, weights: Mapping[str, Any]) -> None:
    """Puts in weights that were learned before, of whatever rank up to RANK."""
    told = {name: torch.tensor(np.asarray(values, np.float32)) for name, values in weights.items()}
    with torch.no_grad():
        for name, correction in placed.items():
            down, up = told[f"{name}.down"], told[f"{name}.up"]
            correction.down[: len(down)] = down
            correction.up[:, : len(down)] = up
        head.weight.copy_(told["head.weight"])
        head.bias.copy_(told["head.bias"])


def learned(placed: Mapping[str, Corrected], head: torch.nn.Linear) -> dict[str, Any]:
    """A copy of the weights, as `Reader` takes them."""
    parts = {f"{name}.{end}": getattr(c, end) for name, c in placed.items() for end in ("down", "up")}
    parts |= {"head.weight": head.weight, "head.bias": head.bias}
    return {name: values.detach().numpy().copy() for name, values in parts.items()}


def loss_of(marks: torch.Tensor, laid: Layout, example: ReaderExample) -> torch.Tensor:
    """-log of the chance given to the right begin and the right end, among the sentences' tokens and the first one."""
    allowed = torch.zeros(len(marks), dtype=torch.bool)
    allowed[0] = True
    for begin, end in laid.places:
        allowed[begin:end] = True
    chances = torch.log_softmax(marks.masked_fill(~allowed[:, None], -1e4), dim=0)
    if not example.spots:
        return -chances[0].mean()
    begins: list[int] = []
    ends: list[int] = []
    firsts = np.cumsum([0, *map(len, example.passages)])
    for spot in example.spots:
        begin, end = laid.places[firsts[spot.passage] + spot.sentence]
        characters = laid.characters[firsts[spot.passage] + spot.sentence]
        own = [i for i, (b, e) in enumerate(characters) if e > spot.begin and b < spot.end and begin + i < end]
        # Where it is not told which of a sentence's tokens are the answer, any may be.
        begins += [begin + own[0]] if own else range(begin, end)
        ends += [begin + own[-1]] if own else range(begin, end)
    if not begins:
        return -chances[0].mean()
    return -(torch.logsumexp(chances[begins, 0], 0) + torch.logsumexp(chances[ends, 1], 0)) / 2


def batches(stream: Iterator[ReaderExample], network: Network, rng: random.Random) -> Iterator[Any]:
    """Lists of (example, layout) of like length."""
    pool: list[tuple[ReaderExample, Layout]] = []
    while True:
        for example in islice(stream, 4 * BATCH - len(pool)):
            laid = layout(network.tokenizer, example.question, example.passages, example.titles)
            if len(laid.ids) <= _LONGEST:
                pool.append((example, laid))
        pool.sort(key=lambda pair: len(pair[1].ids) + 20 * rng.random())
        first = rng.randrange(len(pool) - BATCH + 1)
        yield pool[first : first + BATCH]
        del pool[first : first + BATCH]


def train(
    embedder: TextEmbedder,
    sets: Sequence[Sequence[SquadSet]],
    written: Sequence[WrittenDocument],
    steps: int,
    start: Mapping[str, Any] | None = None,
    fresh: Sequence[WrittenDocument] = (),
    compiled: bool = False,
) -> dict[str, Any]:
    """The weights, as `Reader` takes them.

    start     those to go on from
    fresh     documents that these have not seen
    compiled  needs a C++ compiler
    """
    assert embedder.network is not None
    network, rng = embedder.network, random.Random(0)
    torch.manual_seed(0)
    sources: list[Source] = [Family(each) for each in sets]
    shares = [(1 - WRITTEN) / len(sets)] * len(sets)
    parts = [(written, 1 - FRESH if fresh else 1.0), (fresh, FRESH)]
    for documents, share in parts:
        if documents:
            sources.append(WrittenFamily(documents, embedder))
            shares.append(WRITTEN * share)
    held_out = [document for document in (*written, *fresh) if document.held_out]
    near = {document.name: nearness(document, embedder) for document in held_out}
    network.module.eval()  # without dropout
    # A fifth faster here than PyTorch's own attention, whose backward pass is slow for short texts.
    network.module.set_attn_implementation("eager")
    placed = corrected(network.module)
    head = torch.nn.Linear(embedder.dimension, 2)
    if start:
        resume(placed, head, start)
    before = learned(placed, head)
    module = torch.compile(network.module, dynamic=True) if compiled else network.module
    own = [p for each in placed.values() for p in (each.down, each.up)]
    groups: list[dict[str, Any]] = [
        {"params": own, "lr": RATE * (RESUMED if start else 1)},
        {"params": [*head.parameters()], "lr": HEAD_RATE},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1, (step + 1) / WARM_UP) * max(0.02, 1 - step / steps)
    )
    began, losses = time.monotonic(), []
    pad = network.tokenizer.token_to_id("<pad>")
    for step, batch in enumerate(islice(batches(examples(sources, shares, rng), network, rng), steps), 1):
        longest = max(len(laid.ids) for _, laid in batch)
        ids = torch.tensor([laid.ids + [pad] * (longest - len(laid.ids)) for _, laid in batch])
        mask = torch.tensor([[1] * len(laid.ids) + [0] * (longest - len(laid.ids)) for _, laid in batch])
        # Half the time of single precision where a processor has instructions for it.
        with torch.autocast("cpu", torch.bfloat16):
            states = module(input_ids=ids, attention_mask=mask).last_hidden_state
        marks = head(states.float())
        loss = torch.stack([loss_of(m, laid, e) for m, (e, laid) in zip(marks, batch, strict=True)]).mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_([*own, *head.parameters()], 1.0)
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if step % 25 == 0:
            print(
                f"{step:5} steps {(time.monotonic() - began) / 60:5.1f} min  loss {np.mean(losses[-25:]):.3f}",
                flush=True,
            )
        if step == steps and start:
            after = learned(placed, head)
            resume(placed, head, {name: (before[name] + after[name]) / 2 for name in after})
        if step % 250 == 0 or step == steps:
            weights = learned(placed, head)
            partial = WEIGHTS.with_suffix(".part")
            partial.write_bytes(write_weights(weights, embedder.fingerprint))
        if step % 1000 == 0 or step == steps:
            tell(network, head, [each[0] for each in sets])
            tell_written(network, head, held_out, near)
    return weights


def tell(network: Network, head: torch.nn.Linear, held: Sequence[SquadSet]) -> None:
    """Held-out questions over their own paragraph: how often the best sentence answers."""
    for one in held:
        asked = [question for question in one.questions if is_held_out(question)][::10]
        right = []
        for question in asked:
            text = one.paragraphs[question.document][1]
            sentences = [text[s.start : s.end] for s in split_sentences(text)]
            laid = layout(network.tokenizer, question.question, [sentences])
            with torch.inference_mode():
                marks = head(network.module(input_ids=torch.tensor([laid.ids])).last_hidden_state[0])
                values = [float(torch.logsumexp(marks[b:e], 0).sum()) if e > b else -30.0 for b, e in laid.places]
            right.append(question.holds_answer(sentences[int(np.argmax(values))]))
        print(f"      held out: {100 * np.mean(right):.1f} % of {len(right)}", flush=True)


def tell_written(
    network: Network, head: torch.nn.Linear, documents: Sequence[WrittenDocument], near: Mapping[str, Any]
) -> None:
    """Every fourth of the documents: how well the best value tells near misses, and how often it is the right one's."""
    from sklearn.metrics import roc_auc_score

    values, answered, right = [], [], []
    for document in documents[::4]:
        homes, sentences = document.homes, document.sentences
        for asked, nearest in zip(document.questions, near[document.name], strict=True):
            picked = sorted(np.argsort(-nearest)[:6].tolist())
            passages = [[sentences[i] for i in picked if homes[i] == home] for home in dict.fromkeys(homes)]
            passages = [passage for passage in passages if passage]
            laid = layout(network.tokenizer, asked.question, passages, [document.title] * len(passages))
            with torch.inference_mode():
                marks = head(network.module(input_ids=torch.tensor([laid.ids])).last_hidden_state[0])
            found = sentence_values(marks, laid.places).numpy()
            values.append(found.max())
            answered.append(asked.sentence is not None)
            if asked.sentence is not None:
                right.append(picked[int(found.argmax())] == asked.sentence)
    if right:
        print(
            f"      written, held out: AUROC of near misses {roc_auc_score(answered, values):.3f} of {len(values)}, "
            f"right sentence {100 * np.mean(right):.1f} %",
            flush=True,
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--squad", action="append", required=True, nargs="+", type=Path, metavar="GOLD.json")
    parser.add_argument("--steps", type=int, default=1000, metavar="N")
    parser.add_argument("--resume", action="store_true", help="go on from the shipped weights")
    parser.add_argument(
        "--fresh", type=int, metavar="LINE", help="of written.jsonl, the first the weights have not seen"
    )
    parser.add_argument("--compile", action="store_true", help="a fifth faster; needs a C++ compiler")
    parser.add_argument("--write", action="store_true", help="replace the shipped weights")
    given = parser.parse_args()
    sets = [[read_squad(path) for path in paths] for paths in given.squad]
    written = read_written()
    seen = len(written) if given.fresh is None else given.fresh - 1
    written, fresh = written[:seen], written[seen:]
    for paths, each in zip(given.squad, sets, strict=True):
        # The last part of a name is the language, as in xquad.zh.json. Two: more would mostly be the same again.
        named = {path.stem.rpartition(".")[2]: one for path, one in zip(paths[:2], each, strict=False)}
        written += read_near_misses(named, paths[0].stem)
    embedder = load_embedder(DEFAULT_MODEL)
    assert isinstance(embedder, TextEmbedder)
    fingerprint, known = read_weights() if given.resume else ("", {})
    if given.resume and fingerprint != embedder.fingerprint:
        sys.exit("--resume: src/rag/answering/reader.npz is of another model; train without --resume")
    weights = train(embedder, sets, written, given.steps, known, fresh, given.compile)
    if given.write:
        WEIGHTS.write_bytes(write_weights(weights, embedder.fingerprint))
    return 0


if __name__ == "__main__":
    sys.exit(main())
