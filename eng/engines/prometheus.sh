#!/usr/bin/env bash
# Prometheus and promtool from Debian. Takes remote write and native histograms; PROMETHEUS_CONFIG names its configuration, without which it scrapes nothing.
. "$(dirname "$0")/lib.sh"
case "$1" in
  install) apt_install prometheus ;;
  installed)
    command -v prometheus >/dev/null && command -v promtool >/dev/null || missing "Prometheus isn't installed: eng/engines/prometheus.sh install"
    echo "Prometheus $(prometheus --version 2>&1 | sed -n 's/^prometheus, version \([0-9.]*\).*/\1/p')" ;;
  run)
    mkdir -p "$2"
    config=${PROMETHEUS_CONFIG:-$2/prometheus.yml}
    [ -f "$config" ] || echo 'global: {}' >"$config"
    watch_parent
    exec prometheus --config.file="$config" --storage.tsdb.path="$2/tsdb" --web.listen-address="127.0.0.1:$3" --web.enable-remote-write-receiver --web.enable-lifecycle \
      --enable-feature=native-histograms --log.level=warn ;;
  *) missing "usage: $0 install|installed|run DIR PORT" ;;
esac
