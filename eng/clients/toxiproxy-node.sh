#!/usr/bin/env bash
# Toxiproxy's client for Node, for the test that it works against `loadline proxy`. It knows:
#   install            installs it into the cache folder, once (npm; no lock file: one would name the registry's host)
#   installed          prints its name and version; fails, and says on one line why, where it isn't installed
#   run FILE [ARG…]    runs a script of ours with it
. "$(dirname "$0")/../engines/lib.sh"
version=4.1.0
folder=$cache/toxiproxy-node-$version
case "$1" in
  install)
    command -v npm >/dev/null || apt_install nodejs npm
    mkdir -p "$folder"
    npm install --no-save --no-package-lock --no-audit --no-fund --prefix "$folder" "toxiproxy-node-client@$version" ;;
  installed)
    command -v node >/dev/null || missing "Node isn't installed: eng/clients/toxiproxy-node.sh install"
    [ -d "$folder/node_modules/toxiproxy-node-client" ] || missing "Toxiproxy's Node client isn't installed: eng/clients/toxiproxy-node.sh install"
    echo "toxiproxy-node-client $version on Node $(node --version)" ;;
  run)
    # A module finds its packages from where it lies.
    copy=$(mktemp "$folder/run-XXXXXX.mjs")
    trap 'rm -f "$copy"' EXIT
    cp "$2" "$copy"
    node "$copy" "${@:3}" ;;
  *) missing "usage: $0 install|installed|run FILE [ARG…]" ;;
esac
