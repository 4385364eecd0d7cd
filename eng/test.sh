#!/usr/bin/env bash
# The README's test command; fails on any skipped test, since nothing may be skipped in CI.
set -euo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

dotnet test 2>&1 | tee "$log"

count() { sed -n "s/^ *$1: *\([0-9]\+\).*/\1/p" "$log" | tail -n 1; }
passed=$(count succeeded) failed=$(count failed) skipped=$(count skipped)
[ -n "$passed" ] && [ "$passed" -gt 0 ] || { echo "no test ran" >&2; exit 1; }
[ "${skipped:-0}" -eq 0 ] || { echo "$skipped tests were skipped; CI skips none" >&2; exit 1; }
echo "$passed passed, ${failed:-0} failed, ${skipped:-0} skipped"
