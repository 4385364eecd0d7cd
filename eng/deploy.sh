#!/usr/bin/env bash
# The deployment files are what Compose, GitHub, Kubernetes and Prometheus can read. None of these runs here: nothing is built or started.
set -euo pipefail
cd "$(dirname "$0")/.."
. eng/engines/lib.sh
root=$PWD
command -v docker-compose >/dev/null || apt_install docker-compose >/dev/null

tools=$cache/deploy
if [ ! -x "$tools/node_modules/.bin/action-validator" ] || [ ! -d "$tools/node_modules/@kubernetes-models/prometheus-operator" ]; then
  mkdir -p "$tools"
  npm install --prefix "$tools" --no-package-lock --no-save --silent @action-validator/core@0.6.0 @action-validator/cli@0.6.0 kubernetes-models@4.5.1 @kubernetes-models/keda@2.0.0 @kubernetes-models/prometheus-operator@6.0.0 yaml@2.9.1
fi
POSTGRES_PASSWORD=checked RAG_ADMIN_KEY=checked docker-compose -f deploy/compose.yaml --profile monitoring --profile logs --profile ollama --profile load config >"$tools/compose.yaml"
echo "deploy/compose.yaml: read by $(docker-compose version --short); $(cd "$tools" && node "$root/eng/deploy/compose.mjs" compose.yaml)"
"$tools/node_modules/.bin/action-validator" deploy/github/loadline.yml
echo "deploy/github/loadline.yml: a workflow, by action-validator 0.6.0"
echo "deploy/kubernetes/loadtests.yaml: $(cd "$tools" && node "$root/eng/deploy/kubernetes.mjs" "$root/deploy/kubernetes/loadtests.yaml"), by kubernetes-models 4.5.1"

# Twelve deployments of one image: as their script makes them, and as kubectl builds them.
node eng/deploy/services.mjs "$tools/services"
diff -r "$tools/services" deploy/kubernetes/rag/base/services || { echo "deploy/kubernetes/rag/base/services is not what eng/deploy/services.mjs makes: run node eng/deploy/services.mjs deploy/kubernetes/rag/base/services" >&2; exit 1; }
command -v kubectl >/dev/null || apt_install kubernetes-client >/dev/null
for overlay in small production; do
  kubectl kustomize "deploy/kubernetes/rag/overlays/$overlay" >"$tools/$overlay.yaml"
  objects=$(cd "$tools" && node "$root/eng/deploy/kubernetes.mjs" "$overlay.yaml")
  echo "deploy/kubernetes/rag/overlays/$overlay: $objects, by kubernetes-models 4.5.1"
done

cat deploy/kubernetes/monitoring/rag.yaml <(bash deploy/kubernetes/monitoring/rules.sh) >"$tools/monitoring.yaml"
echo "deploy/kubernetes/monitoring: $(cd "$tools" && node "$root/eng/deploy/kubernetes.mjs" monitoring.yaml), by @kubernetes-models/prometheus-operator 6.0.0"

eng/engines/prometheus.sh installed || eng/engines/prometheus.sh install >/dev/null
eng/deploy/rules.sh

# The dashboards are what their script makes.
node eng/deploy/dashboards.mjs "$tools/dashboards"
diff -r "$tools/dashboards" deploy/grafana/dashboards || { echo "deploy/grafana/dashboards is not what eng/deploy/dashboards.mjs makes: run node eng/deploy/dashboards.mjs deploy/grafana/dashboards" >&2; exit 1; }
echo "deploy/grafana: $(ls deploy/grafana/dashboards | wc -l) dashboards"

# What Elasticsearch, Kibana and Filebeat read.
node -e 'const fs = require("fs"); JSON.parse(fs.readFileSync("deploy/elk/index-template.json", "utf8")); const lines = fs.readFileSync("deploy/elk/kibana.ndjson", "utf8").trim().split("\n"); for (const line of lines) { const kept = JSON.parse(line); if (kept.type === "search") JSON.parse(kept.attributes.kibanaSavedObjectMeta.searchSourceJSON); } console.log(`deploy/elk: an index template and ${lines.length} saved objects, as JSON`)'
(cd "$tools" && node -e 'for (const file of process.argv.slice(1)) require("yaml").parse(require("fs").readFileSync(file, "utf8")); console.log("deploy/elk, deploy/grafana/provisioning: YAML")' "$root"/deploy/elk/*.yml "$root"/deploy/grafana/provisioning/*/*.yml)
