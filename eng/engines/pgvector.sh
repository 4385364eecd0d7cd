#!/usr/bin/env bash
# pgvector for the PostgreSQL that postgres.sh runs. Debian 12 has no package of it: the source package of the next release, from the same mirror, is compiled here.
. "$(dirname "$0")/lib.sh"
suite=trixie
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
major=$(basename "$(dirname "${bin:-/0/bin}")")
control=/usr/share/postgresql/$major/extension/vector.control

# Downloads the source package by a list of sources of its own: the system's lists stay as they are.
fetch_source() {
  local mirror keyring apt=$1/apt
  mirror=$({ cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true; } | grep -v '^ *#' | grep -oE 'https?://[^ ]+/debian/?( |$)' | sed -n 1p)
  [ -n "$mirror" ] || { echo "apt's lists of sources name no Debian mirror (…/debian)" >&2; exit 1; }
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  mkdir -p "$apt/lists/partial"
  echo "deb-src [signed-by=$keyring] $mirror $suite main" >"$apt/sources.list"
  local own=(-o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$apt/lists" -o APT::Sandbox::User=root)
  apt-get "${own[@]}" update -qq
  (cd "$1" && apt-get "${own[@]}" source -qq pgvector >/dev/null)
}

case "$1" in
  install)
    "$(dirname "$0")/postgres.sh" installed >/dev/null 2>&1 || "$(dirname "$0")/postgres.sh" install
    apt_install gcc make dpkg-dev "postgresql-server-dev-$(ls /usr/lib/postgresql | sort -V | tail -n 1)"
    build=$(mktemp -d)
    trap 'rm -rf "$build"' EXIT
    fetch_source "$build"
    cd "$build"/pgvector-*/
    config=$(ls /usr/lib/postgresql/*/bin/pg_config | sort -V | tail -n 1)
    make -s -j2 PG_CONFIG="$config" with_llvm=no OPTFLAGS= >/dev/null # no -march=native: the build may be cached for another machine
    make -s PG_CONFIG="$config" with_llvm=no OPTFLAGS= install >/dev/null ;;
  installed)
    [ -f "$control" ] || missing "pgvector isn't installed: eng/engines/pgvector.sh install"
    echo "pgvector $(sed -n "s/^default_version = '\(.*\)'/\1/p" "$control") on $("$(dirname "$0")/postgres.sh" installed)" ;;
  run) exec "$(dirname "$0")/postgres.sh" "$@" ;;
  *) missing "usage: $0 install|installed|run DIR PORT" ;;
esac
