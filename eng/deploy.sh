#!/usr/bin/env bash
# deploy/compose.yaml is what Compose can read. No engine runs here: nothing is built or started.
set -euo pipefail
cd "$(dirname "$0")/.."
. eng/engines/lib.sh
command -v docker-compose >/dev/null || apt_install docker-compose >/dev/null
POSTGRES_PASSWORD=checked RAG_ADMIN_KEY=checked docker-compose -f deploy/compose.yaml config -q
echo "deploy/compose.yaml: read by $(docker-compose version --short)"
