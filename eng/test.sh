#!/usr/bin/env bash
# The README's test command; fails on any skipped test, since nothing may be skipped in CI. Failed tests are
# said again at the end, where a log that was cut still has them.
set -euo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

rc=0
dotnet test 2>&1 | tee "$log" || rc=$?

count() { sed -n "s/^ *$1: *\([0-9]\+\).*/\1/p" "$log" | tail -n 1; }
passed=$(count succeeded) failed=$(count failed) skipped=$(count skipped)
if [ "$rc" -ne 0 ]; then
  echo "dotnet test ended with $rc. What failed:" >&2
  # A failed test's line and the lines indented under it, as the platform prints them.
  awk '/^failed /{left=16} /^[^ ]/&&!/^failed /{left=0} left>0{print; left--}' "$log" | cut -c1-400 >&2
  exit "$rc"
fi
[ -n "$passed" ] && [ "$passed" -gt 0 ] || { echo "no test ran" >&2; exit 1; }
[ "${skipped:-0}" -eq 0 ] || { echo "$skipped tests were skipped; CI skips none" >&2; exit 1; }
echo "$passed passed, ${failed:-0} failed, ${skipped:-0} skipped"
