"""What Prometheus reads, and the middleware that counts requests and bounds how many there are at once."""

import time
from typing import Callable

from prometheus_client import Counter, Gauge, Histogram
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from settings import settings

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

requests = Counter("rag_requests_total", "Requests, by endpoint and status.", ["method", "path", "status"])
request_seconds = Histogram("rag_request_seconds", "From a request's arrival to the end of its answer, a stream's included.", ["method", "path"], buckets=BUCKETS)
stage_seconds = Histogram("rag_stage_seconds", "What a question waits for: embedding, the vector store, the LLM's first token, the whole of its answer.", ["stage"], buckets=BUCKETS)
in_flight = Gauge("rag_requests_in_flight", "Requests being answered.")
waiting_documents = Gauge("rag_documents_waiting", "Documents accepted and not yet taken up by a worker.")
degraded = Counter("rag_degraded_total", "Answers that a part was missing from.", ["part"])

ALWAYS_ANSWERED = ("/health", "/metrics")


class Measured:
    """Counts and times every request; past `max_in_flight` at once a request is refused with 503."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._now = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._now += 1
        in_flight.set(self._now)
        try:
            if self._now > settings.max_in_flight and scope["path"] not in ALWAYS_ANSWERED:
                detail = f"{settings.max_in_flight} requests are being answered already"
                await JSONResponse({"detail": detail}, 503, headers={"Retry-After": "1"})(scope, receive, noted)
            else:
                await self._app(scope, receive, noted)
        finally:
            self._now -= 1
            in_flight.set(self._now)
            # The template, not the path itself: ids would make a series each.
            path = scope["route"].path if "route" in scope else "other"
            requests.labels(scope["method"], path, status).inc()
            request_seconds.labels(scope["method"], path).observe(time.perf_counter() - started)


def timed(stage: str) -> Callable[[], None]:
    """Starts a stage's clock; what it returns stops it."""
    started = time.perf_counter()
    return lambda: stage_seconds.labels(stage).observe(time.perf_counter() - started)
