#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs a private Matrix homeserver (Synapse) for a test, as a plain process, on a free loopback port.
# It has no accounts; whoever wants one registers (see matrix_client.py).
#
#   run.sh PYTHON        PYTHON is an interpreter that has the package matrix-synapse
#
# When it answers, it prints one line:   READY http=PORT pid=PID
# and lives until its standard input ends or it gets SIGTERM or SIGINT; then everything that it made is gone.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
python=${1:?the interpreter}
folder=$(mktemp -d "${TMPDIR:-/tmp}/synapse-test.XXXXXX")
server=
cleanup() {
  trap - EXIT TERM INT HUP
  if [ -n "$server" ]; then
    kill -TERM "$server" 2>/dev/null || true
    for _ in $(seq 50); do kill -0 "$server" 2>/dev/null || break; read -rt 0.1 <> <(:) || true; done
    kill -KILL "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 143' TERM INT HUP

start() {
  port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  sed -e "s|@FOLDER@|$folder|" -e "s/@PORT@/$port/" "$here/homeserver.yaml.in" > "$folder/homeserver.yaml"
  cp "$here/log.yaml" "$folder/log.yaml"
  "$python" -m synapse.app.homeserver -c "$folder/homeserver.yaml" --generate-keys > "$folder/keys.log" 2>&1
  "$python" -m synapse.app.homeserver -c "$folder/homeserver.yaml" </dev/null > "$folder/server.log" 2>&1 &
  server=$!
}

ready() {  # until the API answers; the port may have been taken meanwhile, then the server ends
  for _ in $(seq 600); do
    kill -0 "$server" 2>/dev/null || return 1
    if curl --silent --fail --max-time 5 "http://127.0.0.1:$port/health" >/dev/null; then return 0; fi
    read -rt 0.1 <> <(:) || true
  done
  return 1
}

for attempt in 1 2 3; do
  start
  if ready; then break; fi
  if [ "$attempt" = 3 ]; then
    echo "Synapse does not start:" >&2
    cat "$folder"/*.log >&2
    exit 70
  fi
  kill -KILL "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  rm -f "$folder/homeserver.db"
done

echo "READY http=$port pid=$server"

# Lives as long as its parent: the end of standard input is the end.
exec 3<&0
while read -r _ <&3; do :; done &
reader=$!
wait -n "$server" "$reader" || true
