#!/usr/bin/env bash
# Installs every engine that tests run against, and says which is there in which version. As root, on Debian.
set -euo pipefail
cd "$(dirname "$0")/engines"
for script in *.sh ../clients/*-node.sh; do
  [ "$script" != lib.sh ] || continue
  ./"$script" installed 2>/dev/null || { ./"$script" install >/dev/null && ./"$script" installed; }
done
