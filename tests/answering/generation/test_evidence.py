"""Which sentences of the cited passages a generated sentence is shown to stand on."""

from rag.answering.generation.budget import Offered
from rag.answering.generation.evidence import evidence
from rag.documents.sentences import split_sentences
from rag.records import Passage

LAKE = "The lake is 12 metres deep. Herons nest in its reeds. In winter the lake freezes. Fish live in the lake."
MILL = "The mill grinds 40 tons of barley a day. The miller is called Ames."
ZH = "老磨坊每天磨40吨大麦。磨坊主姓林。"


def offered(text, number=1, start=100):
    sentences = tuple(type(s)(s.start + start, s.end + start) for s in split_sentences(text))
    return Offered(number, Passage(f"p{number}", "d", text, start, start + len(text), "", sentences), sentences)


def nobody(*_):
    raise AssertionError("similarity was asked for")


def quotes(sentence, *texts, similar=nobody):
    cited = [offered(text, n) for n, text in enumerate(texts, 1)]
    places, problems = evidence(sentence, cited, similar)
    assert bool(places) is not bool(problems)
    for passage, start, end in places:
        assert passage.start <= start < end <= passage.end
    return [passage.text[start - passage.start : end - passage.start] for passage, start, end in places]


def test_one_sentence_is_enough():
    assert quotes("Herons nest in its reeds.", LAKE) == ["Herons nest in its reeds."]


def test_two_that_follow_each_other_are_one_quote():
    assert quotes("The mill grinds 40 tons of barley a day, and the miller is called Ames.", MILL)[0].startswith(
        "The mill"
    )


def test_facts_of_two_sentences_are_both_quoted():
    sentence = "The lake is 12 metres deep and the mill grinds 40 tons."
    assert quotes(sentence, LAKE, MILL) == ["The lake is 12 metres deep.", "The mill grinds 40 tons of barley a day."]


def test_a_passage_that_does_not_bear_it_out_is_not_cited():
    assert quotes("The lake is 12 metres deep.", MILL, LAKE) == ["The lake is 12 metres deep."]


def test_nothing_bears_it_out():
    assert quotes("The lake is 13 metres deep.", LAKE) == []
    assert quotes("The lake is 12 metres deep.") == []


def test_sources_in_another_language_are_compared_by_meaning():
    asked = []

    def similar(text, others):
        asked.append((text, list(others)))
        return [0.1] * len(others)

    quotes("The lake has 7 islands.", LAKE, ZH, similar=similar)
    assert asked == [("The lake has 7 islands.", ["老磨坊每天磨40吨大麦。", "磨坊主姓林。"])]
