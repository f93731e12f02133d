#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs a private ejabberd for a test, as a plain process, on free loopback ports, without root, without epmd.
# Accounts: admin, jane and joe of corp.example, each with the password "secret". Components: portal-1, portal-2 and
# stranger, with the secret "component-secret"; with a PEM file in COMPONENT_CERTIFICATE they have to speak TLS.
#
# When it answers, it prints one line:   READY http=PORT c2s=PORT component=PORT pid=PID
# and lives until its standard input ends or it gets SIGTERM or SIGINT; then everything that it made is gone.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
source "$here/../private_server.sh"
erl=$(command -v erl) || { echo "erl is not installed" >&2; exit 69; }
libs=$(compgen -G '/usr/lib/*/ejabberd-*/ebin' | tail -1) || { echo "ejabberd is not installed" >&2; exit 69; }
ERL_LIBS=$(dirname "$(dirname "$libs")")
export ERL_LIBS
certificate=${COMPONENT_CERTIFICATE:-}
without=()
[ -n "$certificate" ] || without=(-e '/# certificate$/d')
[ -e "$libs/mod_webpresence.beam" ] || without+=(-e '/# webpresence$/d')

private_server ejabberd

post() {  # post COMMAND JSON: calls the HTTP API, fails unless it answers 200
  curl --silent --fail --max-time 5 -H 'Content-Type: application/json' -d "$2" "http://127.0.0.1:$http/api/$1"
}

start() {
  read -r c2s http component < <(free_ports 3)
  mkdir -p "$folder/spool" "$folder/log" "$folder/pixmaps"
  sed -e "s/@C2S_PORT@/$c2s/" -e "s/@HTTP_PORT@/$http/" -e "s/@COMPONENT_PORT@/$component/" \
    -e "s|@CERTIFICATE@|$certificate|" -e "s|@PIXMAPS@|$folder/pixmaps|" "${without[@]}" \
    "$here/ejabberd.yml.in" > "$folder/ejabberd.yml"
  EJABBERD_CONFIG_PATH="$folder/ejabberd.yml" EJABBERD_LOG_PATH="$folder/log/ejabberd.log" \
  ERL_CRASH_DUMP_BYTES=0 HOME="$folder" \
    "$erl" -noinput +P 50000 -mnesia dir "\"$folder/spool\"" -s ejabberd \
    </dev/null >"$folder/log/stdout" 2>&1 &
  server=$!
}

answers() { post status '{}' >/dev/null 2>&1; }

reset() { rm -rf "$folder/spool" "$folder/log"; }

begin ejabberd
for user in admin jane joe; do
  post register "{\"user\":\"$user\",\"host\":\"corp.example\",\"password\":\"secret\"}" >/dev/null
done

echo "READY http=$http c2s=$c2s component=$component pid=$server"
live
