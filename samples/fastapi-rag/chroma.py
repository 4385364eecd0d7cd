"""One collection of a ChromaDB server, over its HTTP API v2."""

from dataclasses import dataclass
from typing import Any, Dict, List, Optional

import httpx

from errors import Unavailable
from settings import settings

API = f"{settings.chroma_url}/api/v2"
COLLECTIONS = f"{API}/tenants/default_tenant/databases/default_database/collections"

# Chroma's own 16 neighbours, 100 and 100 lose every fourth hit among 5,000 documents of the built-in embedding: its vectors have no clusters to go by.
GRAPH = {"space": "cosine", "max_neighbors": 48, "ef_construction": 300, "ef_search": 200}


@dataclass(frozen=True)
class Hit:
    document_id: str
    title: str
    text: str
    score: float  # 1 for the same direction, 0 for none in common


@dataclass(frozen=True)
class Written:
    id: str
    title: str
    chunks: List[str]
    vectors: List[List[float]]


class Chroma:
    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._collection: Optional[str] = None

    async def write(self, documents: List[Written]) -> None:
        """Replaces documents, all in one request: Chroma takes a hundred chunks in hardly more time than one. None is ever without chunks meanwhile: new ones
        are written over old ones, then those that are left over go."""
        before = await self._chunks([document.id for document in documents])
        ids, metadatas = [], []
        for document in documents:
            ids += [f"{document.id}:{number}" for number in range(len(document.chunks))]
            metadatas += [{"document_id": document.id, "title": document.title, "chunks": len(document.chunks)}] * len(document.chunks)
        await self._ask("upsert", {
            "ids": ids,
            "embeddings": [vector for document in documents for vector in document.vectors],
            "documents": [chunk for document in documents for chunk in document.chunks],
            "metadatas": metadatas,
        })
        left_over = [f"{document.id}:{number}" for document in documents for number in range(len(document.chunks), before.get(document.id, 0))]
        if left_over:
            await self._ask("delete", {"ids": left_over})

    async def search(self, vector: List[float], top_k: int) -> List[Hit]:
        found = await self._ask("query", {"query_embeddings": [vector], "n_results": top_k, "include": ["documents", "metadatas", "distances"]})
        return [
            Hit(about["document_id"], about["title"], text, round(1.0 - distance, 4))
            for text, about, distance in zip(found["documents"][0], found["metadatas"][0], found["distances"][0])
        ]

    async def holds(self, document_id: str) -> bool:
        return len(await self._chunks([document_id])) > 0

    async def check(self) -> None:
        await self._send("GET", f"{API}/heartbeat")

    async def _chunks(self, document_ids: List[str]) -> Dict[str, int]:
        # By their names, which is quick; a search by metadata goes through all that there is.
        found = await self._ask("get", {"ids": [f"{id}:0" for id in document_ids], "include": ["metadatas"]})
        return {about["document_id"]: about["chunks"] for about in found["metadatas"]}

    async def _ask(self, verb: str, body: Dict[str, Any]) -> Any:
        for attempt in (1, 2):
            if self._collection is None:
                new = {"name": settings.chroma_collection, "get_or_create": True, "configuration": {"hnsw": GRAPH}}
                self._collection = (await self._send("POST", COLLECTIONS, new)).json()["id"]
            reply = await self._send("POST", f"{COLLECTIONS}/{self._collection}/{verb}", body)
            if reply.status_code != 404:
                return reply.json()
            self._collection = None  # dropped behind our back: made anew, once
        raise Unavailable("Chroma's collection vanishes while it is used")

    async def _send(self, method: str, url: str, body: Optional[Dict[str, Any]] = None) -> httpx.Response:
        try:
            reply = await self._http.request(method, url, json=body, timeout=settings.chroma_timeout)
        except httpx.TimeoutException as error:
            raise Unavailable(f"Chroma did not answer within {settings.chroma_timeout:g} s") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"Chroma can't be reached: {error}") from error
        if reply.status_code >= 500:
            raise Unavailable(f"Chroma answered {reply.status_code}: {reply.text[:200]}")
        if reply.status_code >= 400 and reply.status_code != 404:
            raise RuntimeError(f"Chroma refused what it was asked, {reply.status_code}: {reply.text[:200]}")
        return reply
