#!/usr/bin/env bash
# The rules of deploy/prometheus/rules as PrometheusRule, an object a file: bash deploy/kubernetes/monitoring/rules.sh | kubectl -n rag apply -f -
set -euo pipefail
cd "$(dirname "$0")/../../prometheus/rules"
for file in *.yml; do
  printf -- '---\napiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: rag-%s\n  labels: { app.kubernetes.io/name: rag }\nspec:\n' "${file%.yml}"
  sed 's/^./  &/' "$file"
done
