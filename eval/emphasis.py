"""Does an answer's emphasis stand on what was asked for? By the kind of answer alone, and with what the reader tells.

    python eval/emphasis.py GOLD.json… [--every N]

Asked are the held-out questions of SQuAD files, over the sentence that holds the answer and its neighbours.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from fitting import is_held_out
from squad import SquadQuestion, read_squad
from tqdm import tqdm

from rag.answering.emphasis import emphasised
from rag.answering.reader import Reader, reader_for
from rag.answering.sentences import told_spans
from rag.documents.sentences import split_sentences
from rag.embedding.load import load_embedder
from rag.records import Answer, AnswerSentence
from rag.settings import DEFAULT_MODEL

BESIDE = 0.2
"""An emphasis that shares so little with the answer stands beside it."""


def overlap(said: str, answer: str) -> float:
    """F1 of their characters, spaces aside (as SQuAD's F1 of words: Rajpurkar et al. 2016, arXiv:1606.05250)."""
    ours, theirs = Counter("".join(said.split())), Counter("".join(answer.split()))
    return 2 * (ours & theirs).total() / (ours.total() + theirs.total())


def emphases(reader: Reader, question: SquadQuestion, paragraph: str) -> tuple[str, str] | None:
    """What is emphasised in the sentence that answers, by kind alone and with the reader; None where none does."""
    sentences = [paragraph[place.start : place.end] for place in split_sentences(paragraph)]
    right = next((n for n, sentence in enumerate(sentences) if question.holds_answer(sentence)), None)
    if right is None:
        return None
    first = max(0, right - 1)
    sentence = sentences[right]
    (readings,) = reader.read(question.question, [sentences[first : right + 3]])
    told = told_spans(readings[right - first], sentence, best=True)
    by_kind, read = (_emphasised(question.question, sentence, spans) for spans in ((), told))
    return by_kind, read


def _emphasised(question: str, sentence: str, spans: tuple[tuple[int, int], ...]) -> str:
    said = AnswerSentence(sentence, (1,), emphasis=spans)
    (found,) = emphasised(Answer(question, "", (said,), (), (), False, "", "", {}), question).sentences
    return " ".join(sentence[start:end] for start, end in found.emphasis)


def report(name: str, found: Sequence[tuple[str, str]]) -> str:
    """One line: of (emphasis, answer), how many are emphasised, their F1, and how many stand beside the answer."""
    overlaps = [overlap(said, answer) for said, answer in found if said]
    if not overlaps:
        return f"{name:36} {len(found):5}  emphasised   0.0 %"
    beside = np.mean([each < BESIDE for each in overlaps])
    return (
        f"{name:36} {len(found):5}  emphasised {100 * len(overlaps) / len(found):5.1f} %  "
        f"F1 {np.mean(overlaps):.3f}  beside the answer {100 * beside:.1f} %"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="+", type=Path, metavar="GOLD.json")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="ask every Nth question")
    given = parser.parse_args()
    reader = reader_for(load_embedder(DEFAULT_MODEL))
    assert reader is not None, "train the reader first: eval/fit_reader.py"
    for path in given.gold:
        gold = read_squad(path)
        asked = [question for question in gold.questions if is_held_out(question)][:: given.every]
        by_kind, read = [], []
        for question in tqdm(asked, path.name, disable=None):
            found = emphases(reader, question, gold.paragraphs[question.document][1])
            if found is not None:
                by_kind.append((found[0], question.marked[0]))
                read.append((found[1], question.marked[0]))
        print(report(f"{path.name}, by kind", by_kind))
        print(report(f"{path.name}, with the reader", read), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
