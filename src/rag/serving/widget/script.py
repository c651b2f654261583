"""The files in static/ → one script."""

import json
from functools import cache
from importlib.resources import files

_PARTS = ("ask.js", "turn.js", "panel.js")


@cache
def script() -> bytes:
    """UTF-8. Its parts see each other and the page sees none of them."""
    static = files("rag.serving.widget").joinpath("static")
    words = json.loads(static.joinpath("words.json").read_text("utf-8"))
    style = static.joinpath("style.css").read_text("utf-8")
    parts = "".join(static.joinpath(part).read_text("utf-8") for part in _PARTS)
    constants = f"const WORDS = {json.dumps(words, ensure_ascii=False)};\nconst STYLE = {json.dumps(style)};\n"
    return f'(() => {{\n"use strict";\n{constants}{parts}}})();\n'.encode()
