#!/usr/bin/env bash
# Redis from Debian.
. "$(dirname "$0")/lib.sh"
case "$1" in
  install) apt_install redis-server ;;
  installed)
    command -v redis-server >/dev/null || missing "Redis isn't installed: eng/engines/redis.sh install"
    echo "Redis $(redis-server --version | sed 's/.*v=\([0-9.]*\).*/\1/')" ;;
  run)
    mkdir -p "$2"
    watch_parent
    exec redis-server --bind 127.0.0.1 --port "$3" --dir "$2" --save '' --appendonly "${REDIS_APPENDONLY:-no}" --appendfsync always --daemonize no --loglevel warning ;;
  *) missing "usage: $0 install|installed|run DIR PORT" ;;
esac
