"""A small FastAPI service with the RAG system as its backend.

It shows what such a service needs: one pooled client with time-outs, streamed answers passed on as they come, the backend's refusals
(429, 503 with Retry-After) handed to the caller, and a health check that tells whether the backend can be reached.

Environment: RAG_URL (default http://127.0.0.1:8080), RAG_API_KEY.
"""

import os
from typing import AsyncIterator, Dict, List, Optional, Union

import httpx
from fastapi import FastAPI, HTTPException, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

# How long the backend may take: to accept a connection, and between two pieces of an answer.
TIMEOUT = httpx.Timeout(connect=1.0, read=30.0, write=10.0, pool=5.0)
LIMITS = httpx.Limits(max_connections=200, max_keepalive_connections=200)

# What the backend says and a caller should hear.
PASSED_ON = ("retry-after", "ratelimit", "ratelimit-policy", "x-degraded")

app = FastAPI(title="FastAPI in front of Rag")


class Question(BaseModel):
    query: str = Field(min_length=1, max_length=8192)
    top_k: int = Field(5, ge=1, le=50)
    stream: bool = False


class Source(BaseModel):
    id: str
    document_id: str
    title: Optional[str]


class Answer(BaseModel):
    answer: str
    sources: List[Source]
    degraded: List[str] = []


class Document(BaseModel):
    id: Optional[str]
    title: str = ""
    text: str = Field(min_length=1)
    metadata: Dict[str, Union[bool, float, str]] = {}


@app.on_event("startup")
async def start() -> None:
    app.state.rag = httpx.AsyncClient(
        base_url=os.environ.get("RAG_URL", "http://127.0.0.1:8080"),
        headers={"Authorization": f"Bearer {os.environ.get('RAG_API_KEY', '')}"},
        timeout=TIMEOUT,
        limits=LIMITS,
    )


@app.on_event("shutdown")
async def stop() -> None:
    await app.state.rag.aclose()


@app.post("/query", response_model=Answer)
async def query(question: Question, response: Response):
    body = {"query": question.query, "top_k": question.top_k, "stream": question.stream}
    if question.stream:
        return await streamed(body)
    reply = await ask("POST", "/query", response, json=body)
    sources = [Source(id=c["chunk_id"], document_id=c["document_id"], title=c.get("title")) for c in reply["citations"]]
    return Answer(answer=reply["answer"], sources=sources, degraded=reply.get("degraded") or [])


@app.post("/documents", status_code=202)
async def upload(document: Document, response: Response):
    accepted = await ask("POST", "/documents", response, json=document.dict(exclude_none=True))
    return {"id": accepted["document_id"], "version": accepted["version"], "status": accepted["status"]}


@app.get("/documents/{document_id}/status")
async def status(document_id: str, response: Response):
    return await ask("GET", f"/documents/{document_id}/status", response)


@app.get("/health")
async def health(response: Response):
    try:
        reply = await app.state.rag.get("/health/ready", timeout=2.0)
        if reply.status_code == 200:
            return {"status": "ok"}
    except httpx.HTTPError:
        pass
    response.status_code = 503
    return {"status": "the RAG system is not ready"}


async def ask(method: str, path: str, response: Response, **more):
    """One request to the backend: its answer, or its refusal as an error of ours."""
    try:
        reply = await app.state.rag.request(method, path, **more)
    except httpx.TimeoutException as error:
        raise HTTPException(504, "the RAG system did not answer in time") from error
    except httpx.HTTPError as error:
        raise HTTPException(503, "the RAG system can't be reached", headers={"Retry-After": "1"}) from error
    refuse(reply)
    for name in PASSED_ON:
        if name in reply.headers:
            response.headers[name] = reply.headers[name]
    return reply.json()


async def streamed(body: dict) -> StreamingResponse:
    """Server-sent events, passed on as they come; a caller who goes away ends the backend's work."""
    rag: httpx.AsyncClient = app.state.rag
    try:
        reply = await rag.send(rag.build_request("POST", "/query", json=body), stream=True)
    except httpx.TimeoutException as error:
        raise HTTPException(504, "the RAG system did not answer in time") from error
    except httpx.HTTPError as error:
        raise HTTPException(503, "the RAG system can't be reached", headers={"Retry-After": "1"}) from error
    if reply.status_code >= 400:
        await reply.aread()
        await reply.aclose()
        refuse(reply)

    async def events() -> AsyncIterator[bytes]:
        try:
            async for piece in reply.aiter_raw():
                yield piece
        except httpx.HTTPError:
            yield b'event: error\ndata: {"detail": "the answer was cut off"}\n\n'
        finally:
            await reply.aclose()

    headers = {name: reply.headers[name] for name in PASSED_ON if name in reply.headers}
    return StreamingResponse(events(), media_type="text/event-stream", headers=headers)


def refuse(reply: httpx.Response) -> None:
    if reply.status_code < 400:
        return
    try:
        detail = reply.json().get("detail") or reply.json().get("title")
    except ValueError:
        detail = reply.reason_phrase
    # A key that the backend refuses is our mistake, not our caller's.
    status_code = 502 if reply.status_code in (401, 403) else reply.status_code
    raise HTTPException(status_code, detail, headers={name: reply.headers[name] for name in PASSED_ON if name in reply.headers})
