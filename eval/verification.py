"""Does the check of generated sentences catch what is false and let pass what is faithful?

    python eval/verification.py [--half dev|test] [--show KIND]

True sentences are those of ingest/corpus and, where they are, of the public sets in ../shared/bench. Every second text
is for development, the others are for the report. Written paraphrases are in tests/answering/verification.
"""

import argparse
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corruptions import corruptions
from paraphrases import paraphrases
from squad import read_squad

from rag.answering.verification import Verdict, verify
from rag.documents.sentences import split_sentences
from rag.embedding.load import load_embedder

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = ROOT / "tests" / "answering" / "verification" / "paraphrases.jsonl"
BENCH = ROOT.parent / "shared" / "bench"
SETS = ("xquad.zh.json", "xquad.en.json", "cmrc2018_trial.json")
SEED = 20261


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence and the quote it cites; `kind` says how it was made, `faithful` whether it says no more."""

    kind: str
    faithful: bool
    sentence: str
    quote: str


def sources(half: str, public: bool = True) -> Iterator[str]:
    """Sentences of one half of the texts, of the public sets only where wanted."""
    odd = half == "test"
    for path in sorted((ROOT / "ingest" / "corpus").glob("*.md")):
        sections = path.read_text("utf-8").split("\n## ")
        yield from _sentences([s for n, s in enumerate(sections) if n % 2 == odd])
    for name in SETS if public else ():
        if not (BENCH / name).exists():
            print(f"{name} is not in {BENCH}: skipped", file=sys.stderr)
            continue
        texts = read_squad(BENCH / name).paragraphs
        yield from _sentences([text for key, (_, text) in texts.items() if int(key.split("-")[0]) % 2 == odd])


def cases(sentences: Sequence[str], odd: bool) -> Iterator[Case]:
    """Corrupted and paraphrased sentences of true ones."""
    rng = random.Random(SEED)
    for quote in sentences:
        for kind, changed in corruptions(quote, rng, odd):
            yield Case(kind, False, changed, quote)
        for kind, changed in paraphrases(quote):
            yield Case(kind, True, changed, quote)


def written(half: str) -> Iterator[Case]:
    """Paraphrases written by hand; odd lines are for development."""
    for n, line in enumerate(WRITTEN.read_text("utf-8").splitlines()):
        row = json.loads(line)
        if n % 2 == (half == "test"):
            yield Case(f"written {row['pair']}", True, row["sentence"], row["quote"])


def checked(made: Sequence[Case]) -> list[tuple[Case, Verdict]]:
    """Each case with what the check says; meaning is compared where a quote was put into another language."""
    across = [case for case in made if case.kind in ("written zh-en", "written en-zh")]
    cosines: dict[Case, float] = {}
    if across:
        embedder = load_embedder()
        said = embedder.embed_passages([case.sentence for case in across])
        quoted = embedder.embed_passages([case.quote for case in across])
        cosines = dict(zip(across, map(float, (said * quoted).sum(axis=1)), strict=True))
    return [(case, verify(case.sentence, [case.quote], similarity=cosines.get(case))) for case in made]


def check(case: Case) -> Verdict:
    """By the rules alone: what a model thinks of the meaning of a translation is taken for granted."""
    return verify(case.sentence, [case.quote], similarity=1.0)


def report(tested: Sequence[tuple[Case, Verdict]]) -> dict[str, tuple[int, int, int]]:
    """Kind → (cases, refused, refused for a problem of the kind's name)."""
    rows: dict[str, tuple[int, int, int]] = {}
    for case, verdict in tested:
        count, refused, named = rows.get(case.kind, (0, 0, 0))
        name = case.kind.partition(":")[0]
        rows[case.kind] = (
            count + 1,
            refused + (not verdict.supported),
            named + any(problem.kind == name for problem in verdict.problems),
        )
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--half", choices=("dev", "test"), default="dev", help="which texts (default: dev)")
    parser.add_argument("--sentences", type=int, default=10**6, help="take only this many (default: all)")
    parser.add_argument("--show", default="", help="print the failures of kinds that start with this")
    options = parser.parse_args()
    made = [
        *cases(_some(list(sources(options.half)), options.sentences), options.half == "test"),
        *written(options.half),
    ]
    tested = checked(made)
    rows = report(tested)
    for faithful in (False, True):
        kinds = sorted({case.kind for case in made if case.faithful is faithful})
        print("refused of faithful" if faithful else "caught of false")
        for kind in kinds:
            count, refused, named = rows[kind]
            print(
                f"  {kind:28} {count:6} {refused:6} {100 * refused / count:6.1f} %"
                + ("" if faithful else f"  as such {named}")
            )
        for group in sorted({kind.partition(":")[0].partition(" ")[0] if not faithful else "all" for kind in kinds}):
            chosen = [rows[kind] for kind in kinds if faithful or kind.startswith(group)]
            total, caught = sum(r[0] for r in chosen), sum(r[1] for r in chosen)
            print(f"  {'= ' + group:28} {total:6} {caught:6} {100 * caught / total:6.2f} %")
    if options.show:
        why: Counter[str] = Counter()
        for case, verdict in tested:
            if case.kind.startswith(options.show) and verdict.supported is not case.faithful:
                why.update(problem.kind for problem in verdict.problems)
                said = ", ".join(map(str, verdict.problems)) or "passed"
                print(f"\n{case.kind}: {said}\n  {case.sentence}\n  {case.quote}")
        print(why)
    return 0


def _some(sentences: list[str], count: int) -> list[str]:
    return sentences if count >= len(sentences) else random.Random(SEED).sample(sentences, count)


def _sentences(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        for sentence in split_sentences(text):
            written_ = " ".join(text[sentence.start : sentence.end].split())
            if (12 if re.search(r"[\u4e00-\u9fff]", written_) else 40) <= len(written_) <= 300:
                yield written_


if __name__ == "__main__":
    sys.exit(main())
