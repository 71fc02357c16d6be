"""What of a query is looked up: of a long one its beginning and its end, and the words that tell texts apart."""

from __future__ import annotations

HEAD, TAIL = 150, 350
"""Characters. What is asked stands first or last, and an encoder takes 10 ms for so much, 60 for a page."""
WORDS = 24


def gist(query: str) -> str:
    """The query as it is encoded, spaces single; "" where there is nothing to look for."""
    text = " ".join(query.encode("utf-8", "replace").decode("utf-8").replace("\0", " ").split())
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]} {text[-TAIL:]}"


def words_of(gist: str, most: int = WORDS) -> str:
    """Its different words, each once. Where there are more than `most`, the longest: short ones are in every text,
    and each costs a list to walk through.
    """
    words = list(dict.fromkeys(gist.casefold().split()))
    if len(words) <= most:
        return " ".join(words)
    longest = set(sorted(words, key=len, reverse=True)[:most])
    return " ".join(word for word in words if word in longest)
