#!/usr/bin/env bash
# Prometheus can read its configuration and rules, and each alert fires on its fault and is silent without it.
set -euo pipefail
cd "$(dirname "$0")/../../deploy/prometheus"
promtool check config prometheus.yml kubernetes.yml | grep -v "does not exist"
promtool test rules tests/*.yml
