#!/usr/bin/env bash
# Every test, in two parts: first all that may run beside others, and then, with nothing beside them, those whose figures count (the README's `dotnet test -c Release` runs them in one go, where they
# begin again when they were disturbed). Fails on any skipped test, since nothing may be skipped in CI. Failed tests are said again at the end, where a log that was cut still has them.
# Arguments go to dotnet test: --no-build, for example.
set -euo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

rc=0
dotnet test -c Release "$@" --filter-not-trait Machine=Undisturbed 2>&1 | tee "$log" || rc=$?
dotnet test -c Release "$@" --project tests/EndToEnd.Tests --filter-trait Machine=Undisturbed 2>&1 | tee -a "$log" || rc=$?

count() { sed -n "s/^ *$1: *\([0-9]\+\).*/\1/p" "$log" | awk '{sum += $1} END {print sum + 0}'; }
passed=$(count succeeded) failed=$(count failed) skipped=$(count skipped)
if [ "$rc" -ne 0 ]; then
  echo "dotnet test ended with $rc. What failed:" >&2
  # A failed test's line and the lines indented under it, as the platform prints them.
  awk '/^failed /{left=16} /^[^ ]/&&!/^failed /{left=0} left>0{print; left--}' "$log" | cut -c1-400 >&2
  exit "$rc"
fi
[ "$passed" -gt 0 ] || { echo "no test ran" >&2; exit 1; }
[ "$skipped" -eq 0 ] || { echo "$skipped tests were skipped; CI skips none" >&2; exit 1; }
echo "$passed passed, $failed failed, $skipped skipped"
