#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs a private ejabberd for a test, as a plain process, on free loopback ports, without root, without epmd.
# Accounts: admin, jane and joe of corp.example, each with the password "secret".
#
# When it answers, it prints one line:   READY http=PORT c2s=PORT pid=PID
# and lives until its standard input ends or it gets SIGTERM or SIGINT; then everything that it made is gone.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
erl=$(command -v erl) || { echo "erl is not installed" >&2; exit 69; }
libs=$(compgen -G '/usr/lib/*/ejabberd-*/ebin' | tail -1) || { echo "ejabberd is not installed" >&2; exit 69; }
ERL_LIBS=$(dirname "$(dirname "$libs")")
export ERL_LIBS
without=()
[ -e "$libs/mod_webpresence.beam" ] || without=(-e '/# webpresence$/d')

folder=$(mktemp -d "${TMPDIR:-/tmp}/ejabberd-test.XXXXXX")
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

free_ports() {
  python3 - <<'PYTHON'
import socket
sockets = [socket.socket() for _ in range(2)]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
PYTHON
}

post() {  # post COMMAND JSON: calls the HTTP API, fails unless it answers 200
  curl --silent --fail --max-time 5 -H 'Content-Type: application/json' -d "$2" "http://127.0.0.1:$http/api/$1"
}

start() {
  read -r c2s http < <(free_ports)
  mkdir -p "$folder/spool" "$folder/log" "$folder/pixmaps"
  sed -e "s/@C2S_PORT@/$c2s/" -e "s/@HTTP_PORT@/$http/" -e "s|@PIXMAPS@|$folder/pixmaps|" "${without[@]}" \
    "$here/ejabberd.yml.in" > "$folder/ejabberd.yml"
  EJABBERD_CONFIG_PATH="$folder/ejabberd.yml" EJABBERD_LOG_PATH="$folder/log/ejabberd.log" \
  ERL_CRASH_DUMP_BYTES=0 HOME="$folder" \
    "$erl" -noinput +P 50000 -mnesia dir "\"$folder/spool\"" -s ejabberd \
    </dev/null >"$folder/log/stdout" 2>&1 &
  server=$!
}

ready() {  # until the API answers; the ports may have been taken meanwhile, then the server ends
  for _ in $(seq 300); do
    kill -0 "$server" 2>/dev/null || return 1
    if post status '{}' >/dev/null 2>&1; then return 0; fi
    read -rt 0.1 <> <(:) || true
  done
  return 1
}

for attempt in 1 2 3; do
  start
  if ready; then break; fi
  if [ "$attempt" = 3 ]; then
    echo "ejabberd does not start:" >&2
    cat "$folder"/log/* >&2
    exit 70
  fi
  kill -KILL "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  rm -rf "$folder/spool" "$folder/log"
done

for user in admin jane joe; do
  post register "{\"user\":\"$user\",\"host\":\"corp.example\",\"password\":\"secret\"}" >/dev/null
done

echo "READY http=$http c2s=$c2s pid=$server"

# Lives as long as its parent: the end of standard input is the end.
exec 3<&0
while read -r _ <&3; do :; done &
reader=$!
wait -n "$server" "$reader" || true
