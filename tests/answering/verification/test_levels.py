"""The levels that the check is held to, on a fixed sample: quotes of our own and the repository's corpus.

`eval/verification.py` measures the same on thousands of sentences of public sets.
"""

import pytest
from verification import ROOT, cases, check, checked, sources, written


@pytest.fixture(scope="module")
def tested():
    own = list(dict.fromkeys(case.quote for half in ("dev", "test") for case in written(half)))
    corpus = [s for half in ("dev", "test") for s in sources(half, public=False)]
    # Both runs make the same of everything but the opposites.
    made = dict.fromkeys(case for odd in (False, True) for case in cases(own + corpus, odd))
    return [(case, check(case)) for case in made]


def missed(tested, kind):
    return [
        case.sentence
        for case, verdict in tested
        if not case.faithful and case.kind.startswith(kind) and verdict.supported
    ]


@pytest.mark.parametrize(
    ("kind", "least"), [("figure", 150), ("date", 20), ("polarity: flipped", 50), ("polarity: negation", 50)]
)
def test_false_sentences_are_caught(tested, kind, least):
    count = sum(not case.faithful and case.kind.startswith(kind) for case, _ in tested)
    assert count >= least
    assert len(missed(tested, kind)) <= 0.01 * count, missed(tested, kind)


def test_faithful_sentences_pass(tested):
    refused = [(case.sentence, verdict.problems) for case, verdict in tested if case.faithful and not verdict.supported]
    assert len(refused) <= 0.03 * sum(case.faithful for case, _ in tested), refused


@pytest.mark.model
def test_written_paraphrases_pass():
    made = [case for half in ("dev", "test") for case in written(half)]
    assert len(made) >= 120
    refused = [(case.sentence, verdict.problems) for case, verdict in checked(made) if not verdict.supported]
    assert len(refused) <= 0.03 * len(made), refused


def test_the_sample_is_of_this_repository():
    assert list((ROOT / "ingest" / "corpus").glob("*.md"))
