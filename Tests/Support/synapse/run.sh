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
source "$here/../private_server.sh"
python=${1:?the interpreter}
private_server synapse

start() {
  port=$(free_ports 1)
  sed -e "s|@FOLDER@|$folder|" -e "s/@PORT@/$port/" "$here/homeserver.yaml.in" > "$folder/homeserver.yaml"
  cp "$here/log.yaml" "$folder/log.yaml"
  "$python" -m synapse.app.homeserver -c "$folder/homeserver.yaml" --generate-keys > "$folder/keys.log" 2>&1
  "$python" -m synapse.app.homeserver -c "$folder/homeserver.yaml" </dev/null > "$folder/server.log" 2>&1 &
  server=$!
}

answers() { curl --silent --fail --max-time 5 "http://127.0.0.1:$port/health" >/dev/null; }

reset() { rm -f "$folder/homeserver.db"; }

begin Synapse
echo "READY http=$port pid=$server"
live
