#!/usr/bin/env bash
# The sample service of samples/fastapi-client, on Debian's Python and FastAPI. RAG_URL and RAG_API_KEY say where its backend is.
. "$(dirname "$0")/lib.sh"
sample=$(cd "$(dirname "$0")/../../samples/fastapi-client" && pwd)
case "$1" in
  install) apt_install python3-fastapi python3-uvicorn python3-httpx ;;
  installed)
    /usr/bin/python3 -c 'import fastapi, httpx, uvicorn; print("FastAPI", fastapi.__version__)' 2>/dev/null || missing "FastAPI isn't installed: eng/engines/fastapi.sh install" ;;
  run)
    mkdir -p "$2"
    watch_parent
    # Nothing is written beside the sample.
    exec env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m uvicorn main:app --app-dir "$sample" --host 127.0.0.1 --port "$3" --log-level warning ;;
  *) missing "usage: $0 install|installed|run DIR PORT" ;;
esac
