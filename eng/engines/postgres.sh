#!/usr/bin/env bash
# PostgreSQL from Debian, run as the user postgres: it refuses to run as root.
. "$(dirname "$0")/lib.sh"
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
as_postgres() { if [ "$(id -u)" -eq 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups "$@"; else "$@"; fi; }
case "$1" in
  install) apt_install postgresql-15 postgresql-client-15 ;;
  installed)
    [ -n "$bin" ] && [ -x "$bin/postgres" ] || missing "PostgreSQL isn't installed: eng/engines/postgres.sh install"
    echo "PostgreSQL $("$bin/postgres" --version | sed 's/.*) \([0-9.]*\).*/\1/')" ;;
  run)
    if [ ! -f "$2/PG_VERSION" ]; then
      mkdir -p "$2"
      [ "$(id -u)" -ne 0 ] || chown postgres "$2"
      as_postgres "$bin/initdb" -D "$2" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
    fi
    rm -f "$2/postmaster.pid" # of one that was killed
    watch_parent
    run=("$bin/postgres" -D "$2" -p "$3" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 -c fsync="${POSTGRES_FSYNC:-on}" -c log_min_messages=fatal)
    if [ "$(id -u)" -eq 0 ]; then exec setpriv --reuid=postgres --regid=postgres --init-groups "${run[@]}"; else exec "${run[@]}"; fi ;;
  *) missing "usage: $0 install|installed|run DIR PORT" ;;
esac
