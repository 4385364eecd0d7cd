#!/usr/bin/env bash
# Runs the main command of the README exactly as it stands there; its test command is run by eng/test.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
main=$(grep -m 1 -E '^dotnet run .* -- run smoke' README.md | sed 's/ *#.*//')
[ -n "$main" ] || { echo "README.md has no line 'dotnet run … -- run smoke'" >&2; exit 1; }
grep -qE '^dotnet test -c Release' README.md || { echo "README.md has no line 'dotnet test -c Release'" >&2; exit 1; }
echo "\$ $main"
eval "$main"
