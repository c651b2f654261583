"""What a model writes, or a document holds, may be anything: the check ends soon, and never with a bug."""

import time

import pytest

from rag.answering.verification import verify

LONG = {
    "powers": "一" + "亿" * 3000,
    "more powers": "万" * 5000 + "人",
    "digits": "1" * 20000 + "人",
    "ranges": "1至" * 3000 + "2",
    "negations": "不" * 5000,
    "English negations": "not " * 5000,
    "months": "may " * 4000 + "1",
    "quotation marks": "“" * 5000,
    "parts": "百分之" * 3000 + "五",
    "brackets": "[1" * 5000,
    "capitals": "A B " * 3000,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
def test_long_nonsense_is_checked_in_seconds(text):
    began = time.perf_counter()
    verify(text, ["年收入120亿元。", text[: len(text) // 2]])
    verify("年收入120亿元。", [text])
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    "text", ["1/0", "三分之零", "零分之一", "2023-02-30", "0年0月0日", "a\ud800b 5人", "a\0b 5", "½½", "٣٪"]
)
def test_what_is_no_number_raises_nothing(text):
    verify(text, [text])
    verify("收入5元。", [text])


def test_a_fraction_without_end_is_rounded_in_finite_time():
    assert verify("约三分之一的住户没有灯。", ["三分之一的住户没有灯。"]).supported
    assert not verify("约三分之一的住户没有灯。", ["34.1%的住户没有灯。"]).supported
    assert verify("约三成的住户没有灯。", ["30.2%的住户没有灯。"]).supported


def test_a_figure_hidden_by_format_characters_is_read_as_it_is_stored():
    assert not verify("收入为\u202e021\u202c亿元。", ["收入为120亿元。"]).supported
    assert verify("收入为1\u200b20亿元。", ["收入为120亿元。"]).supported


@pytest.mark.parametrize("sentence", ["月亮是奶酪做的。", "湖边住着一位老画家。"])
def test_nothing_is_borne_out_across_languages_unless_its_meaning_was_compared(sentence):
    quote = "The bridge was painted red by volunteers."
    assert not verify(sentence, [quote]).supported
    assert not verify(sentence, [quote], similarity=0.1).supported


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("Il pèse 3,6 kg.", "Il pèse 3,5 kg depuis 2001."),
        ("Die Brücke ist 1.300 Meter lang.", "Die Brücke ist 1.200 Meter lang."),
        ("Die Brücke ist nicht offen.", "Die Brücke ist offen."),
        ("Le pont n'est pas ouvert.", "Le pont est ouvert."),
        ("El puente no está abierto.", "El puente está abierto."),
        ("Мост не открыт.", "Мост открыт."),
        ("乐队成立于20世纪8年代。", "乐队成立于20世纪80年代。"),
        ("业内人士不认为，收入会减少。", "业内人士认为，收入会减少。"),
        ("公司不位于临川市。", "公司位于临川市。"),
        ("剧本里有博士一角。", "剧本里没有博士一角。"),
        ("Kenia has not ratified the treaty.", "Kenia has ratified the treaty."),
    ],
)
def test_turned_round(sentence, quote):
    assert verify(quote, [quote]).supported
    assert not verify(sentence, [quote]).supported


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("La population est de 1200 habitants.", "La population est de 1 200 habitants."),
        ("Die Brücke ist 1200 Meter lang.", "Die Brücke ist 1.200 Meter lang."),
        ("Il pèse 3.5 kg.", "Il pèse 3,5 kg."),
        ("More than 500,000 homes get power from the dam.", "The dam powers more than half a million homes."),
        ("销量第一次突破100万辆。", "销量首次突破百万辆。"),
        ("全书分为4卷。", "全书共四卷。"),
        ("老人占21%。", "老人占两成一。"),
    ],
)
def test_the_same_figure(sentence, quote):
    assert verify(sentence, [quote]).supported
