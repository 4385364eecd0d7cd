"""Documents on their way into the index: accepted at once, indexed in the background, their state to be asked for."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import List, Optional

import httpx

from chroma import Chroma, Written
from embedding import embed
from errors import Unavailable
from settings import settings

CHUNK_WORDS, OVERLAP = 160, 30
BATCH = 64  # documents that a worker takes at once, where so many wait
ATTEMPTS = 100  # some seven minutes: who accepted a document waits for Chroma rather than lose it
REMEMBERED = 20_000  # states; who asks for an older one is answered from Chroma


class State(str, Enum):
    pending = "pending"
    indexed = "indexed"
    failed = "failed"


@dataclass
class Entry:
    state: State = State.pending
    detail: Optional[str] = None


@dataclass(frozen=True)
class Document:
    id: str
    title: str
    text: str
    entry: Entry


def chunks_of(text: str) -> List[str]:
    words = text.split()
    return [" ".join(words[start:start + CHUNK_WORDS]) for start in range(0, max(1, len(words) - OVERLAP), CHUNK_WORDS - OVERLAP)]


class Indexing:
    """Workers with a bounded queue each. A document's versions go to the same worker, so the last one accepted is the last one written."""

    def __init__(self, chroma: Chroma, http: httpx.AsyncClient) -> None:
        self._chroma, self._http = chroma, http
        bound = settings.max_waiting_documents // settings.indexing_workers
        self._queues: List["asyncio.Queue[Document]"] = [asyncio.Queue(bound) for _ in range(settings.indexing_workers)]
        self._entries: "OrderedDict[str, Entry]" = OrderedDict()
        self._workers = [asyncio.create_task(self._work(queue)) for queue in self._queues]

    @property
    def waiting(self) -> int:
        return sum(queue.qsize() for queue in self._queues)

    def accept(self, id: str, title: str, text: str) -> None:
        document = Document(id, title, text, Entry())
        try:
            self._queues[hash(id) % len(self._queues)].put_nowait(document)
        except asyncio.QueueFull:
            raise Unavailable(f"{self.waiting} documents wait to be indexed already") from None
        self._entries[id] = document.entry
        self._entries.move_to_end(id)
        if len(self._entries) > REMEMBERED:
            self._entries.popitem(last=False)

    async def find(self, id: str) -> Optional[Entry]:
        return self._entries.get(id) or (Entry(State.indexed) if await self._chroma.holds(id) else None)

    async def stop(self) -> None:
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def _work(self, queue: "asyncio.Queue[Document]") -> None:
        while True:
            batch = [await queue.get()]
            while len(batch) < BATCH and not queue.empty():
                batch.append(queue.get_nowait())
            try:
                await self._index(batch)
            except Exception:  # one that can't be indexed must neither end the worker nor take the others with it
                for document in batch:
                    try:
                        await self._index([document], attempts=1)
                    except Exception as error:
                        document.entry.state, document.entry.detail = State.failed, repr(error)

    async def _index(self, batch: List[Document], attempts: int = ATTEMPTS) -> None:
        latest = list({document.id: document for document in batch}.values())
        chunks = [chunks_of(document.text) for document in latest]
        for attempt in range(1, attempts + 1):
            try:
                vectors = iter(await embed([f"{document.title} {chunk}" for document, own in zip(latest, chunks) for chunk in own], self._http))
                await self._chroma.write([Written(document.id, document.title, own, list(islice(vectors, len(own)))) for document, own in zip(latest, chunks)])
                break
            except Unavailable:
                if attempt == attempts:
                    raise
                await asyncio.sleep(min(0.2 * attempt, 5.0))
        for document in batch:
            document.entry.state, document.entry.detail = State.indexed, None
