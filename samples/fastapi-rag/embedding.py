"""Texts to vectors. The built-in embedding needs no download; put your model's into `embed`, or set EMBEDDINGS_URL."""

import asyncio
import math
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from hashlib import blake2b
from struct import unpack
from typing import List, Tuple

import httpx

from errors import Unavailable
from settings import settings

DIMENSIONS = 384
PLACES = 4  # that a word has in a vector; with one, two words that meet there could not be told apart

Vector = List[float]

STOP_WORDS = frozenset(
    "a also an and are as at be been between but by during for from had has have how if in into is it its more not of on or than that "
    "the their then there these they this to was were what when where which who why will with".split()
)

threads = ThreadPoolExecutor(settings.embedding_threads, thread_name_prefix="embedding")


@lru_cache(maxsize=50_000)
def places(word: str) -> Tuple[Tuple[int, float], ...]:
    """Where a word is written, and with which sign: so that words that meet cancel out on average (feature hashing, Weinberger et al. 2009)."""
    numbers = unpack(f"<{PLACES}I", blake2b(word.encode(), digest_size=4 * PLACES).digest())
    return tuple((number % DIMENSIONS, 1.0 if number >> 31 else -1.0) for number in numbers)


def embed_one(text: str) -> Vector:
    """A unit vector of the text's words; frequent words count more, but not in proportion."""
    words = re.findall(r"\w+", text.lower())
    vector = [0.0] * DIMENSIONS
    for word, count in Counter([word for word in words if word not in STOP_WORDS] or words).items():
        weight = 1.0 + math.log(count)
        for place, sign in places(word):
            vector[place] += sign * weight
    norm = math.sqrt(sum(x * x for x in vector))
    # Nothing to go by points somewhere all the same: a vector without a length has no direction that could be compared.
    return [round(x / norm, 5) for x in vector] if norm > 0 else [1.0] + [0.0] * (DIMENSIONS - 1)


def embed_all(texts: List[str]) -> List[Vector]:
    return [embed_one(text) for text in texts]


async def embed(texts: List[str], http: httpx.AsyncClient) -> List[Vector]:
    """One vector for each text, all of one length. Raises Unavailable."""
    if settings.embeddings_url is None:
        return await asyncio.get_running_loop().run_in_executor(threads, embed_all, texts)
    body = {"model": settings.embeddings_model, "input": texts}
    try:
        reply = await http.post(f"{settings.embeddings_url}/embeddings", json=body, timeout=settings.embeddings_timeout)
        reply.raise_for_status()
        return [item["embedding"] for item in sorted(reply.json()["data"], key=lambda item: item["index"])]
    except (httpx.HTTPError, KeyError, ValueError) as error:
        raise Unavailable(f"the embedding model does not answer: {error!r}") from error
