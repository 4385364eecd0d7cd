# What the scripts of engines share; sourced. Each script knows three words:
#   install          installs it on Debian (packages, npm, a compiler), once
#   installed        prints its name and version; fails, and says on one line why, where it isn't installed
#   run DIR PORT     runs it in the foreground on 127.0.0.1:PORT with throwaway data in DIR; the process becomes the server itself, so a signal meets the server
# With PARENT set, the server is killed when that process is gone.
set -euo pipefail

# Where what no Debian package holds is kept: npm packages, what is compiled here.
cache=${LOADLINE_ENGINES:-${XDG_CACHE_HOME:-$HOME/.cache}/loadline-engines}

apt_install() {
  [ "$(id -u)" -eq 0 ] || { echo "installing Debian packages ($*) needs root" >&2; exit 1; }
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

missing() { echo "$1" >&2; exit 1; }

# Kills this process, which becomes the server, when PARENT is gone.
watch_parent() {
  [ -n "${PARENT:-}" ] || return 0
  local self=$$
  ( exec >/dev/null 2>&1; while kill -0 "$PARENT" && kill -0 "$self"; do sleep 0.5; done; kill -9 "$self" ) &
}
