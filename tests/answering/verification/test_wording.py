"""What may be said in other words, and what then is another fact: opposites, times of day, comparisons, "no other"."""

from pathlib import Path

import pytest

from rag.answering.verification import verify

OPPOSITES = [line.split() for line in (Path(__file__).parent / "opposites.txt").read_text("utf-8").splitlines()]
CHINESE = "据当地的报告记载，这座湖边小镇的{}情况在那一年里引起居民的关注。"
ENGLISH = "According to the local report the {} situation of the lakeside town drew attention that year."


def test_a_word_turned_into_its_opposite_is_caught():
    """Pairs written apart from the table of the check and from those of `eval/corruptions.json`."""
    made = [
        (frame.format(said), frame.format(quoted))
        for one, other in OPPOSITES
        for frame in [ENGLISH if one.isascii() else CHINESE]
        for said, quoted in ((one, other), (other, one))
    ]
    passed = [sentence for sentence, quote in made if verify(sentence, [quote]).supported]
    assert len(made) > 1500
    assert len(passed) <= 0.01 * len(made), passed


def test_the_same_word_is_borne_out():
    for word in {word for pair in OPPOSITES for word in pair}:
        sentence = (ENGLISH if word.isascii() else CHINESE).format(word)
        assert verify(sentence, [sentence]).supported, word


FAITHFUL = [
    ("The meeting starts at 17:00.", "The meeting starts at 5 pm."),
    ("会议17点开始。", "会议下午五点开始。"),
    ("会议在下午五点半结束。", "会议于17:30结束。"),
    ("Doors open at half past five.", "Doors open at 17:30."),
    ("The bakery opens at nine in the morning.", "The bakery opens at 9:00."),
    ("登顶约需15分钟。", "登顶约需一刻钟。"),
    ("The walk takes 30 minutes.", "The walk takes half an hour."),
    ("If the dam is not repaired, the valley will flood.", "Unless the dam is repaired, the valley will flood."),
    ("The plan did not win a majority.", "The plan failed to win a majority."),
    ("The tower has been closed to the public.", "The tower is no longer open to the public."),
    ("The zoo has more visitors than the museum.", "The museum has fewer visitors than the zoo."),
    ("动物园的游客比博物馆多。", "博物馆的游客比动物园少。"),
    ("No other woman sat on the board.", "She was the only woman on the board."),
    ("No other mill in the valley grinds more.", "The old mill grinds more than any other in the valley."),
    ("The second printing was lost at sea.", "The first printing sold out; the second was lost at sea."),
]
FALSE = [
    ("The meeting starts at 5 am.", "The meeting starts at 5 pm."),
    ("会议16点开始。", "会议下午五点开始。"),
    ("会议在上午五点半结束。", "会议于17:30结束。"),
    ("Doors open at half past six.", "Doors open at 17:30."),
    ("登顶约需25分钟。", "登顶约需一刻钟。"),
    ("会议提出了三点建议。", "会议提出了五点建议。"),
    ("If the dam is repaired, the valley will flood.", "Unless the dam is repaired, the valley will flood."),
    ("The plan won a majority.", "The plan failed to win a majority."),
    ("The tower is open to the public.", "The tower is no longer open to the public."),
    ("The museum has more visitors than the zoo.", "The museum has fewer visitors than the zoo."),
    ("博物馆的游客比动物园多。", "博物馆的游客比动物园少。"),
    ("No other mill in the valley grinds less.", "The old mill grinds more than any other in the valley."),
    ("No other mill in the valley grinds barley.", "The old mill in the valley grinds barley."),
    ("The second printing sold out.", "The first printing sold out; the second was lost at sea."),
]


@pytest.mark.parametrize(("sentence", "quote"), FAITHFUL)
def test_other_words_for_the_same_pass(sentence, quote):
    assert verify(sentence, [quote]).problems == ()


@pytest.mark.parametrize(("sentence", "quote"), FALSE)
def test_other_facts_in_like_words_do_not(sentence, quote):
    assert not verify(sentence, [quote]).supported
