"""Question → the language it is asked in (BCP-47), and the phrases that frame an answer in that language."""

import json
import re
import threading
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

# Without those that a short question in a larger neighbour is taken for (Galician for Portuguese).
_LANGUAGES = re.findall(
    r"\w+",
    "af am ar az be bg bn ca cs cy da de el en es et eu fa fi fr ga gu he hi hr hu hy id is it ja ka kk km kn ko "
    "ku ky lo lt lv mk ml mn mr ms mt ne nl no pa pl ps pt ro ru si sk sl sq sr sv sw ta te th tl tr ug uk "
    "ur uz vi zh",
)
_lock = threading.Lock()


def language_of(text: str) -> str:
    """BCP-47 tag, "zh-Hans" and "zh-Hant" reduced to "zh" and "zh-Hant"; "und" for text without letters."""
    if not any(c.isalpha() for c in text):
        return "und"
    with _lock:
        language = str(_identifier().classify(text)[0])
    return "zh-Hant" if language == "zh" and _is_traditional(text) else language


def phrase(language: str, name: str, **values: object) -> str:
    """A framing phrase (`phrases.json`) in the language, in its base language, or in English."""
    phrases = _phrases()
    for tag in (language, language.split("-")[0], "en"):
        if tag in phrases:
            return phrases[tag][name].format(**values)
    raise KeyError(name)


def _is_traditional(text: str) -> bool:
    to_simplified, to_traditional = _converters()
    return bool(to_simplified.convert(text) != text and to_traditional.convert(text) == text)


@cache
def _identifier() -> Any:
    import py3langid

    py3langid.set_languages(_LANGUAGES)
    return py3langid


@cache
def _converters() -> tuple[Any, Any]:
    import opencc

    return opencc.OpenCC("t2s"), opencc.OpenCC("s2t")


@cache
def _phrases() -> Mapping[str, Mapping[str, str]]:
    phrases: Mapping[str, Mapping[str, str]] = json.loads(
        files("rag.answering").joinpath("phrases.json").read_text("utf-8")
    )
    return phrases
