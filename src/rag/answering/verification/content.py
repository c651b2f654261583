"""How much of what a sentence says its quotes say in the same words."""

from collections.abc import Sequence

from rag.answering.verification.tokens import tokens

LEAST = 0.34
"""Chosen by hand. On the development half of `eval/verification.py` the loosest of 69 paraphrases written by hand in
the quote's language shares 0.45; of sentences beside one another in a text 87 % share less than 0.34, of others all."""
LEAST_SIMILARITY = 0.79
"""Cosine by the packaged model (multilingual-e5-small). On half the articles of XQuAD en and zh, 1.1 % of 443
translated sentences are below it, 61 % of the pairs of other sentences of one paragraph, 99.4 % of those of other
articles."""


def shared_content(said: str, held: Sequence[str]) -> float | None:
    """Share (0…1) of the content words of a text that others hold, all in normal form; None where it has none.

    A Chinese word that they do not hold counts by half for the part of its characters that they do: compounds shrink
    and grow (获奖, 获得奖项).
    """
    forms = {token.form for quote in held for token in tokens(quote)}
    characters = {c for quote in held for c in quote}
    text = "\n".join(held)
    shares = []
    for token in tokens(said):
        if not token.content:
            continue
        if token.form in forms or (token.han and token.form in text):
            shares.append(1.0)
        elif token.han:
            shares.append(0.5 * sum(c in characters for c in token.form) / len(token.form))
        else:
            shares.append(0.8 if len(token.form) > 4 and any(form[:5] == token.form[:5] for form in forms) else 0.0)
    return sum(shares) / len(shares) if shares else None
