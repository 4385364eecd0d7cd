#!/usr/bin/env bash
# Chromium from Debian, which the browser tests drive; Playwright itself and its driver come as a NuGet package.
. "$(dirname "$0")/lib.sh"
case "$1" in
  install) apt_install chromium fonts-dejavu-core ;;
  installed)
    command -v chromium >/dev/null || missing "Chromium isn't installed: eng/engines/chromium.sh install"
    echo "Chromium $(chromium --version 2>/dev/null | sed 's/[^0-9]*\([0-9.]*\).*/\1/')" ;;
  run) exec chromium --headless --no-sandbox --user-data-dir="$2" --remote-debugging-port="$3" ;;
  *) missing "usage: $0 install|installed|run DIR PORT" ;;
esac
