#!/usr/bin/env bash
# Prometheus can read its configuration and rules, and each alert fires on its fault and is silent without it.
set -euo pipefail
cd "$(dirname "$0")/../../deploy/prometheus"
promtool check config prometheus.yml | grep -v "does not exist"
# Debian's Prometheus has no discovery in Kubernetes: all but that is checked.
checked=$(mktemp -p . kubernetes-XXXXXX.yml)
trap 'rm -f "$checked"' EXIT
sed 's/kubernetes_sd_configs: \[{ role: pod }\]/file_sd_configs: [{ files: [targets\/rag*.yml] }]/' kubernetes.yml >"$checked"
promtool check config --syntax-only "$checked" && echo "kubernetes.yml: valid but for kubernetes_sd_configs, which this Prometheus does not know"
promtool test rules tests/*.yml
