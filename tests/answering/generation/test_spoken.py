"""A model's text cut into sentences with the numbers they cite, however it is cut into pieces."""

import random

import pytest

from rag.answering.generation.spoken import spoken

CASES = {
    "The lake is deep.[1] It is cold [2]. Herons nest here.[1][3]": [
        ("The lake is deep.", (1,)),
        ("It is cold.", (2,)),
        ("Herons nest here.", (1, 3)),
    ],
    "Mr. Lin said 3.5 m.[4] Yes.": [("Mr. Lin said 3.5 m.", (4,)), ("Yes.", ())],
    "湖深十二米。[1]水很冷[2]。它在北边【3】。": [("湖深十二米。", (1,)), ("水很冷。", (2,)), ("它在北边。", (3,))],
    "一项［１，２］。二项[1-3]。三项【3†source】。四项[来源 2]。": [
        ("一项。", (1, 2)),
        ("二项。", (1, 2, 3)),
        ("三项。", (3,)),
        ("四项。", (2,)),
    ],
    "- first [1]\n- **second** [2]\n\n1. third [3]": [("first", (1,)), ("second", (2,)), ("third", (3,))],
    "1. One.[1]\n2. Two.[2]": [("One.", (1,)), ("Two.", (2,))],
    "12. Juni 1990 war es so weit.[1]": [("12. Juni 1990 war es so weit.", (1,))],
    "Twice.[1][1, 1]": [("Twice.", (1,))],
    "Everything.[1-999]": [("Everything.", tuple(range(1, 22)))],
    "Never offered.[99]": [("Never offered.", (99,))],
    "In [2023] it grew. See [the note].[1]": [("In [2023] it grew.", ()), ("See [the note].", (1,))],
    "Deep.\n\n[1]\n\nCold.": [("Deep.", (1,)), ("Cold.", ())],
    "ev\u200bil \u202etxet\u202c\x07.[1]": [("evil txet.", (1,))],
    "half a mark [1": [("half a mark [1", ())],
    "---\n[1] \n …": [],
    "": [],
}


@pytest.mark.parametrize(("text", "sentences"), CASES.items(), ids=range(len(CASES)))
def test_sentences_with_what_they_cite(text, sentences):
    assert list(spoken([text])) == sentences
    chance = random.Random(4)
    for _ in range(30):
        cuts = sorted(chance.sample(range(len(text) + 1), min(len(text), chance.randint(0, 12))))
        pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        assert list(spoken(pieces)) == sentences, pieces


def test_a_sentence_is_given_as_soon_as_the_next_begins():
    heard = []

    def pieces():
        for piece in ("The lake is deep.", "[1", "]", " It", " is cold.[2]"):
            heard.append(piece)
            yield piece

    sentences = spoken(pieces())
    assert next(sentences) == ("The lake is deep.", (1,))
    assert heard[-1] == " It"
    assert next(sentences) == ("It is cold.", (2,))


def test_much_text_does_not_take_forever():
    """Each piece looks at the sentence that is being written, not at all that was said."""
    assert len(list(spoken("The lake is deep.[1] " for _ in range(3000)))) == 3000
