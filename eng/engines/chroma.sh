#!/usr/bin/env bash
# ChromaDB's server from npm: the client package carries the program that runs it, the bindings the server itself. Later bindings need a newer glibc than Debian 12's.
. "$(dirname "$0")/lib.sh"
client=3.0.14
bindings=1.0.5
home=$cache/chroma-$client-$bindings
program=$home/node_modules/chromadb/dist/cli.mjs
case "$1" in
  install)
    command -v npm >/dev/null || apt_install nodejs npm
    mkdir -p "$home"
    # No lock file, which would name a registry's host; only what runs the server, so no optional packages.
    (cd "$home" && npm install --silent --no-audit --no-fund --no-package-lock --omit=optional "chromadb@$client" "chromadb-js-bindings-linux-x64-gnu@$bindings") ;;
  installed)
    command -v node >/dev/null || missing "Chroma needs Node.js: eng/engines/chroma.sh install"
    [ -f "$program" ] && [ -d "$home/node_modules/chromadb-js-bindings-linux-x64-gnu" ] || missing "Chroma isn't installed: eng/engines/chroma.sh install"
    echo "Chroma server (npm chromadb $client, bindings $bindings)" ;;
  run)
    mkdir -p "$2"
    watch_parent
    cd "$2" # it writes nothing beside its data
    exec node "$program" run --path "$2" --host 127.0.0.1 --port "$3" ;;
  *) missing "usage: $0 install|installed|run DIR PORT" ;;
esac
