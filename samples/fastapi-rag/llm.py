"""Answers from passages: by an OpenAI-compatible LLM, or, while there is none, sentences that stand in the passages."""

import json
import re
import time
from typing import AsyncIterator, List

import httpx

from chroma import Hit
from settings import settings

REST = 2.0  # seconds for which an LLM that failed is not asked again: nobody waits for one that is down

INSTRUCTION = "Answer the question from the passages alone, in a few sentences. Say so when they do not answer it."


class LlmFailed(Exception):
    """It is down, late or broke off."""


class Llm:
    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._rests_until = 0.0

    @property
    def is_resting(self) -> bool:
        return time.monotonic() < self._rests_until

    async def answer(self, question: str, hits: List[Hit]) -> AsyncIterator[str]:
        """Pieces of an answer as they come. Raises LlmFailed, before the first piece or after some."""
        if self.is_resting:
            raise LlmFailed("it failed a moment ago")
        passages = "\n\n".join(f"[{number}] {hit.title}\n{hit.text}" for number, hit in enumerate(hits, start=1))
        body = {
            "model": settings.llm_model,
            "stream": True,
            "messages": [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": f"{passages}\n\nQuestion: {question}"}],
        }
        headers = {"Authorization": f"Bearer {settings.llm_key}"} if settings.llm_key else {}
        timeout = httpx.Timeout(settings.llm_timeout, connect=1.0, pool=2.0)
        try:
            async with self._http.stream("POST", f"{settings.llm_url}/chat/completions", json=body, headers=headers, timeout=timeout) as reply:
                if reply.status_code != 200:
                    raise LlmFailed(f"it answered {reply.status_code}")
                async for line in reply.aiter_lines():
                    if not line.startswith("data:"):
                        continue
                    data = line[5:].strip()
                    if data == "[DONE]":
                        return
                    choices = json.loads(data).get("choices")
                    if choices and (piece := choices[0]["delta"].get("content")):
                        yield piece
            raise LlmFailed("it broke off")
        except (httpx.HTTPError, ValueError, KeyError) as error:
            self._rests_until = time.monotonic() + REST
            raise LlmFailed(repr(error)) from error


def extract(question: str, hits: List[Hit], most: int = 3) -> str:
    """The sentences of the passages that share most words with the question."""
    asked = set(re.findall(r"\w+", question.lower()))
    sentences = [sentence for hit in hits for sentence in re.split(r"(?<=[.!?])\s+", hit.text)]
    best = sorted(sentences, key=lambda sentence: -len(asked.intersection(re.findall(r"\w+", sentence.lower()))))
    return " ".join(best[:most])
