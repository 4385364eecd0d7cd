"""A RAG service: FastAPI over ChromaDB and an OpenAI-compatible LLM. README.md says how to run and how to load it; settings.py what can be set."""

import json
import uuid
from typing import Any, AsyncIterator, Dict, List, Optional

import httpx
from fastapi import FastAPI, File, Form, HTTPException, Query, Request, Response, UploadFile
from fastapi.responses import JSONResponse, StreamingResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

import metrics
from chroma import Chroma, Hit
from embedding import embed
from errors import Unavailable
from indexing import Indexing, State
from llm import Llm, LlmFailed, extract
from settings import settings

NOTHING_FOUND = "Nothing was found that answers this."
MAX_UPLOAD = 2_000_000  # bytes of one file

app = FastAPI(title="Fastapi RAG", description="Answers questions about documents.")
app.add_middleware(metrics.Measured)


class Question(BaseModel):
    query: str = Field(min_length=1, max_length=8192)
    top_k: int = Field(5, ge=1, le=50)
    stream: bool = Field(False, description="Answer with server-sent events: sources, token after token, done")


class Source(BaseModel):
    document_id: str
    title: str
    text: str
    score: float


class Answer(BaseModel):
    answer: str
    sources: List[Source]
    degraded: List[str] = Field([], description="Parts that the answer had to do without")


class Search(BaseModel):
    query: str = Field(min_length=1, max_length=8192)
    top_k: int = Field(5, ge=1, le=50)


class Results(BaseModel):
    results: List[Source]


class NewDocument(BaseModel):
    id: Optional[str] = Field(None, regex=r"^[\w.-]{1,200}$", description="One that is there already is replaced; default: a new one")
    title: str = Field("", max_length=500)
    text: str = Field(min_length=1, max_length=MAX_UPLOAD)


class DocumentStatus(BaseModel):
    id: str
    status: State
    detail: Optional[str] = None


@app.on_event("startup")
async def start() -> None:
    # A pool each: answers that take seconds must not take the connections that searches need.
    app.state.store_http = httpx.AsyncClient(limits=httpx.Limits(max_connections=32), trust_env=False)
    app.state.model_http = httpx.AsyncClient(limits=httpx.Limits(max_connections=settings.max_in_flight), trust_env=False)
    app.state.chroma = Chroma(app.state.store_http)
    app.state.llm = Llm(app.state.model_http)
    app.state.indexing = Indexing(app.state.chroma, app.state.model_http)
    metrics.waiting_documents.set_function(lambda: app.state.indexing.waiting)


@app.on_event("shutdown")
async def stop() -> None:
    await app.state.indexing.stop()
    await app.state.store_http.aclose()
    await app.state.model_http.aclose()


@app.exception_handler(Unavailable)
async def unavailable(_: Request, error: Unavailable) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 503, headers={"Retry-After": "1"})


@app.post("/query", response_model=Answer, responses={200: {"content": {"text/event-stream": {}}}}, tags=["questions"])
async def query(question: Question) -> Any:
    """Answer a question from the documents."""
    hits = await retrieve(question.query, question.top_k)
    if question.stream:
        return StreamingResponse(events(question.query, hits), media_type="text/event-stream", headers={"Cache-Control": "no-cache"})
    degraded: List[str] = []
    try:
        text = "".join([piece async for piece in answer(question.query, hits, degraded)])
    except LlmFailed:
        text = extract(question.query, hits)
    return Answer(answer=text, sources=sources_of(hits), degraded=degraded)


@app.get("/search", response_model=Results, tags=["questions"])
async def search_by_url(q: str = Query(min_length=1, max_length=8192), top_k: int = Query(5, ge=1, le=50)) -> Results:
    """Find passages."""
    return Results(results=sources_of(await retrieve(q, top_k)))


@app.post("/search", response_model=Results, tags=["questions"])
async def search(asked: Search) -> Results:
    """Find passages."""
    return Results(results=sources_of(await retrieve(asked.query, asked.top_k)))


@app.post("/documents", response_model=DocumentStatus, status_code=202, tags=["documents"])
async def add_document(document: NewDocument) -> DocumentStatus:
    """Add or replace a document; it is indexed in the background."""
    return accept(document.id, document.title, document.text)


@app.post("/documents/upload", response_model=DocumentStatus, status_code=202, tags=["documents"])
async def upload_file(file: UploadFile = File(), id: Optional[str] = Form(None, regex=r"^[\w.-]{1,200}$")) -> DocumentStatus:
    """Add or replace a text file; it is indexed in the background."""
    content = await file.read(MAX_UPLOAD + 1)
    if len(content) > MAX_UPLOAD:
        raise HTTPException(413, f"a file may have {MAX_UPLOAD} bytes")
    try:
        return accept(id, file.filename or "", content.decode())
    except UnicodeDecodeError:
        raise HTTPException(415, "only text in UTF-8 is understood") from None


@app.get("/documents/{document_id}", response_model=DocumentStatus, tags=["documents"])
async def document_status(document_id: str) -> DocumentStatus:
    """How far a document is."""
    entry = await app.state.indexing.find(document_id)
    if entry is None:
        raise HTTPException(404, "there is no such document")
    return DocumentStatus(id=document_id, status=entry.state, detail=entry.detail)


@app.get("/health", tags=["operations"])
async def health(response: Response) -> Dict[str, str]:
    """Whether questions can be answered: 503 without Chroma; without the LLM answers are degraded."""
    parts = {"status": "ok", "chroma": "ok", "llm": "resting after a failure" if app.state.llm.is_resting else "ok"}
    try:
        await app.state.chroma.check()
    except Unavailable as error:
        parts.update(status="unavailable", chroma=str(error))
        response.status_code = 503
    return parts


@app.get("/metrics", include_in_schema=False)
async def prometheus() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def accept(id: Optional[str], title: str, text: str) -> DocumentStatus:
    if not text.strip():
        raise HTTPException(422, "the text is empty")
    id = id or uuid.uuid4().hex
    app.state.indexing.accept(id, title, text)
    return DocumentStatus(id=id, status=State.pending)


async def retrieve(question: str, top_k: int) -> List[Hit]:
    stop_clock = metrics.timed("embedding")
    vector = (await embed([question], app.state.model_http))[0]
    stop_clock()
    stop_clock = metrics.timed("chroma")
    hits = await app.state.chroma.search(vector, top_k)
    stop_clock()
    return hits


async def answer(question: str, hits: List[Hit], degraded: List[str]) -> AsyncIterator[str]:
    """Pieces of an answer. Without the LLM it is made of the passages' own sentences, and `degraded` says so; raises LlmFailed where the LLM breaks off half way."""
    if not hits:
        yield NOTHING_FOUND
        return
    stop_first, stop_all, said = metrics.timed("llm_first_token"), metrics.timed("llm"), False
    try:
        async for piece in app.state.llm.answer(question, hits):
            if not said:
                stop_first()
            said = True
            yield piece
        stop_all()
    except LlmFailed:
        degraded.append("llm")
        metrics.degraded.labels("llm").inc()
        if said:
            raise
        yield extract(question, hits)


async def events(question: str, hits: List[Hit]) -> AsyncIterator[str]:
    degraded: List[str] = []
    yield event("sources", [source.dict() for source in sources_of(hits)])
    try:
        async for piece in answer(question, hits, degraded):
            yield event("token", {"text": piece})
        yield event("done", {"degraded": degraded})
    except LlmFailed as error:
        yield event("error", {"detail": f"the answer was cut off: {error}"})


def event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def sources_of(hits: List[Hit]) -> List[Source]:
    return [Source(document_id=hit.document_id, title=hit.title, text=hit.text, score=hit.score) for hit in hits]
