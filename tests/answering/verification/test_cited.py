"""Sentences of a generated text and the numbers they cite, whole or while it streams."""

import pytest

from rag.answering.verification.cited import Cited, CitedStream, cited_sentences

TEXT = "湖深十二米。[1]水鸟在芦苇里筑巢[2]。冬天湖面结冰【3】。 It is 3.5 m deep [1, 2]. Herons nest.[99][1] The end."
WANTED = [
    Cited("湖深十二米。", (1,), ()),
    Cited("水鸟在芦苇里筑巢。", (2,), ()),
    Cited("冬天湖面结冰。", (3,), ()),
    Cited("It is 3.5 m deep.", (1, 2), ()),
    Cited("Herons nest.", (1,), (99,)),
    Cited("The end.", (), ()),
]


def test_whole():
    assert cited_sentences(TEXT, {1, 2, 3}) == WANTED


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_streamed_in_pieces_gives_the_same(size):
    stream = CitedStream({1, 2, 3})
    pieces = [TEXT[start : start + size] for start in range(0, len(TEXT), size)]
    grown = [sentence for piece in pieces for sentence in stream.feed(piece)]
    assert grown == WANTED[: len(grown)]
    assert len(grown) >= len(WANTED) - 1
    assert grown + stream.end() == WANTED
    assert stream.end() == []


@pytest.mark.parametrize("mark", ["[1]", "［1］", "【1】", "［１］", "[1][1]", "[ 1 ]", "[1、1]"])
def test_forms_of_a_mark(mark):
    assert cited_sentences(f"湖深十二米。{mark}", [1]) == [Cited("湖深十二米。", (1,), ())]
    assert cited_sentences(f"The lake is deep{mark}.", [1]) == [Cited("The lake is deep.", (1,), ())]


def test_a_sentence_waits_for_its_mark():
    stream = CitedStream([1])
    assert stream.feed("湖深十二米。") == []
    assert stream.feed("[") == []
    assert stream.feed("1]") == []
    assert stream.feed("冬天") == [Cited("湖深十二米。", (1,), ())]
    assert stream.end() == [Cited("冬天", (), ())]


def test_numbers_never_offered_are_told():
    assert cited_sentences("The lake is deep [7].", []) == [Cited("The lake is deep.", (), (7,))]


def test_nothing():
    assert cited_sentences("", [1]) == [] == CitedStream([1]).end()
