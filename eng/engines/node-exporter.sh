#!/usr/bin/env bash
# Prometheus's node-exporter from Debian: processors, their pressure, network interfaces and TCP of this machine. Nothing else is collected.
. "$(dirname "$0")/lib.sh"
case "$1" in
  install)
    # The package starts a service of its own where a service manager runs; here it runs only while it is asked for.
    apt_install prometheus-node-exporter ;;
  installed)
    command -v prometheus-node-exporter >/dev/null || missing "node-exporter isn't installed: eng/engines/node-exporter.sh install"
    echo "node-exporter $(prometheus-node-exporter --version 2>&1 | sed -n 's/^node_exporter, version \([0-9.]*\).*/\1/p')" ;;
  run)
    watch_parent
    exec prometheus-node-exporter --web.listen-address="127.0.0.1:$3" --collector.disable-defaults --collector.cpu --collector.pressure --collector.netdev --collector.netclass \
      --collector.netstat --log.level=warn ;;
  *) missing "usage: $0 install|installed|run DIR PORT" ;;
esac
