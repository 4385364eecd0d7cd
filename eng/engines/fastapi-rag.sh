#!/usr/bin/env bash
# The sample service of samples/fastapi-rag, on Debian's Python and FastAPI. CHROMA_URL and LLM_URL say where its vector store and its LLM are.
. "$(dirname "$0")/lib.sh"
sample=$(cd "$(dirname "$0")/../../samples/fastapi-rag" && pwd)
case "$1" in
  install) apt_install python3-fastapi python3-uvicorn python3-httpx python3-prometheus-client python3-multipart ;;
  installed)
    /usr/bin/python3 -c 'import fastapi, httpx, multipart, prometheus_client, uvicorn; print("FastAPI", fastapi.__version__, "on uvicorn", uvicorn.__version__)' 2>/dev/null ||
      missing "FastAPI with its parts isn't installed: eng/engines/fastapi-rag.sh install" ;;
  run)
    mkdir -p "$2"
    watch_parent
    # Nothing is written beside the sample.
    exec env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m uvicorn main:app --app-dir "$sample" --host 127.0.0.1 --port "$3" --log-level warning --no-access-log ;;
  *) missing "usage: $0 install|installed|run DIR PORT" ;;
esac
