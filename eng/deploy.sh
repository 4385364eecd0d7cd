#!/usr/bin/env bash
# The deployment files are what Compose, GitHub and Kubernetes can read. None of these runs here: nothing is built or started.
set -euo pipefail
cd "$(dirname "$0")/.."
. eng/engines/lib.sh
root=$PWD
command -v docker-compose >/dev/null || apt_install docker-compose >/dev/null
POSTGRES_PASSWORD=checked RAG_ADMIN_KEY=checked docker-compose -f deploy/compose.yaml config -q
echo "deploy/compose.yaml: read by $(docker-compose version --short)"

tools=$cache/deploy
if [ ! -x "$tools/node_modules/.bin/action-validator" ] || [ ! -d "$tools/node_modules/kubernetes-models" ]; then
  mkdir -p "$tools"
  npm install --prefix "$tools" --no-package-lock --no-save --silent @action-validator/core@0.6.0 @action-validator/cli@0.6.0 kubernetes-models@4.5.1 yaml@2.9.1
fi
"$tools/node_modules/.bin/action-validator" deploy/github/loadline.yml
echo "deploy/github/loadline.yml: a workflow, by action-validator 0.6.0"
echo "deploy/kubernetes/loadtests.yaml: $(cd "$tools" && node "$root/eng/deploy/kubernetes.mjs" "$root/deploy/kubernetes/loadtests.yaml"), by kubernetes-models 4.5.1"
node -e 'const fs = require("fs"); JSON.parse(fs.readFileSync("deploy/elk/index-template.json", "utf8")); const lines = fs.readFileSync("deploy/elk/kibana.ndjson", "utf8").trim().split("\n"); for (const line of lines) { const kept = JSON.parse(line); if (kept.type === "search") JSON.parse(kept.attributes.kibanaSavedObjectMeta.searchSourceJSON); } console.log(`deploy/elk: an index template and ${lines.length} saved objects, as JSON`)'
(cd "$tools" && node -e 'require("yaml").parse(require("fs").readFileSync(process.argv[1], "utf8")); console.log("deploy/elk/filebeat.yml: YAML")' "$root/deploy/elk/filebeat.yml")
