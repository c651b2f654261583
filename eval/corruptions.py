"""A true sentence → false ones, by rule. Written apart from the rules that are to catch them: its words are its own.

A change that leaves the sentence true, or that only moves a figure the quote holds to another place, is not made.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import regex as re

_WORDS = json.loads((Path(__file__).parent / "corruptions.json").read_text("utf-8"))
_RUN = re.compile(r"(?<![A-Za-z0-9.,/])\d[\d,]*(?:\.\d+)?(?![A-Za-z0-9])")
_YEAR = re.compile(r"(?<!\d)(1[0-9]{3}|20[0-2][0-9])(?!\d)")
_LABEL = re.compile(r"[A-Za-z]-?\d+$")
"""N64 is a name: what stands behind it is no unit."""
_NUMERAL = re.compile(r"[二两三四五六七八九](?=[个名家所项位次种座艘支岁章篇局届人])|(?<=第)[二三四五六七八九]")
_ENGLISH = re.compile(r"\b(two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|fifty)\b", re.IGNORECASE)
_DIGIT_WORDS = {"two": "seven", "three": "eight", "four": "nine", "five": "three", "six": "four"}
_DIGIT_WORDS |= {
    "seven": "two",
    "eight": "five",
    "nine": "six",
    "ten": "eleven",
    "twelve": "fifteen",
    "twenty": "thirty",
    "fifty": "sixty",
}
_HAN_SWAP = dict(zip("二两三四五六七八九", "六七八九三二四五七", strict=True))


def corruptions(sentence: str, rng: random.Random, odd: bool) -> Iterator[tuple[str, str]]:
    """(kind, false sentence); at most two of each kind. Of the opposites only the `odd` pairs, or the others."""
    for kind, made in (
        ("figure: digits", _digits(sentence, rng)),
        ("figure: unit", _tabled(sentence, "units", rng)),
        ("figure: numeral", _numerals(sentence)),
        ("date: year", _years(sentence, rng)),
        ("polarity: flipped", _flipped(sentence, odd)),
        ("polarity: negation lost", _tabled(sentence, "lost", rng)),
        ("polarity: negation added", _tabled(sentence, "added", rng)),
        ("name: swapped", _names(sentence, rng)),
    ):
        seen = {sentence}
        for changed in made:
            if changed not in seen and len(seen) < 3:
                seen.add(changed)
                yield kind, changed


def _digits(sentence: str, rng: random.Random) -> Iterator[str]:
    held = {run.replace(",", "") for run in re.findall(r"\d[\d,]*(?:\.\d+)?", sentence)}
    for match in _RUN.finditer(sentence):
        run = match[0].rstrip(",")
        if re.match(r"\s*[)\]]", sentence[match.end() :]):
            continue
        plain = run.replace(",", "")
        ways = []
        for n in range(len(plain) - 1):
            if plain[n] != plain[n + 1] and plain[n : n + 2].isdigit() and not (n == 0 and plain[1] == "0"):
                ways.append(plain[:n] + plain[n + 1] + plain[n] + plain[n + 2 :])
        at = rng.randrange(len(plain))
        if plain[at].isdigit():
            other = rng.choice([d for d in "123456789" if d != plain[at]])
            ways.append(plain[:at] + other + plain[at + 1 :])
        if "." not in plain:
            ways.append(plain + "0")
        ways = [way for way in ways if not any(float(way) == float(h) for h in held)]
        if ways:
            yield sentence[: match.start()] + rng.choice(ways) + sentence[match.start() + len(run) :]


def _years(sentence: str, rng: random.Random) -> Iterator[str]:
    for match in _YEAR.finditer(sentence):
        year = str(int(match[0]) + rng.choice([-20, -10, -3, -2, -1, 1, 2, 3, 7, 10]))
        if year not in sentence:
            yield sentence[: match.start()] + year + sentence[match.end() :]


def _numerals(sentence: str) -> Iterator[str]:
    for match in _NUMERAL.finditer(sentence):
        other = _HAN_SWAP[match[0]]
        if other not in sentence:
            yield sentence[: match.start()] + other + sentence[match.end() :]
    for match in _ENGLISH.finditer(sentence):
        other = _DIGIT_WORDS[match[0].lower()]
        if other not in sentence.lower():
            yield sentence[: match.start()] + other + sentence[match.end() :]


def _tabled(sentence: str, table: str, rng: random.Random) -> Iterator[str]:
    rows = list(_WORDS[table])
    rng.shuffle(rows)
    for pattern, replacement in rows:
        match = re.search(pattern, sentence)
        if match and not (table == "units" and _LABEL.search(sentence, 0, match.start())):
            yield sentence[: match.start()] + match.expand(replacement) + sentence[match.end() :]


def _flipped(sentence: str, odd: bool) -> Iterator[str]:
    import rjieba

    opposite = {a: b for n, pair in enumerate(_WORDS["opposites"]) if n % 2 == odd for a, b in (pair, reversed(pair))}
    words = [
        w
        for part in re.findall(r"[A-Za-z]+|[^A-Za-z]+", sentence)
        for w in ([part] if part.isascii() else rjieba.cut(part, True))
    ]
    for n, word in enumerate(words):
        other = opposite.get(word.lower())
        if other and other not in sentence.lower():
            yield "".join(words[:n]) + other + "".join(words[n + 1 :])


def _names(sentence: str, rng: random.Random) -> Iterator[str]:
    for names in _WORDS["names"]:
        for name in names:
            found = re.search(re.escape(name) if not name.isascii() else rf"\b{name}\b", sentence)
            others = [other for other in names if other not in sentence]
            if found and others:
                yield sentence[: found.start()] + rng.choice(others) + sentence[found.end() :]
    middle = re.findall(r"(?<=[a-z,] )[A-Z][a-z]{3,}(?= [a-z])", sentence)
    for name in middle[:1]:
        yield sentence.replace(name, rng.choice([n for n in _WORDS["latin"] if n not in sentence]))
