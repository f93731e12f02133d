#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs a private Prosody for a test, as a plain process, on free loopback ports.
# Accounts: jane, joe and user0 to user99 of corp.example, each with the password "secret". Components: portal-1 and
# portal-2, whom everybody lets see them, and stranger, all with the secret "component-secret".
#
# When it answers, it prints one line:   READY c2s=PORT component=PORT pid=PID
# and lives until its standard input ends or it gets SIGTERM or SIGINT; then everything that it made is gone.
# `stop SIGNAL` and `start` on standard input stop the server and start it again.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
source "$here/../private_server.sh"
prosody=$(command -v prosody) || { echo "prosody is not installed" >&2; exit 69; }
private_server prosody

configure() {
  read -r c2s component < <(free_ports 2)
  sed -e "s|@FOLDER@|$folder|" -e "s/@CLIENT_PORT@/$c2s/" -e "s/@COMPONENT_PORT@/$component/" \
    "$here/prosody.cfg.lua.in" > "$folder/prosody.cfg.lua"
  cp "$here/groups.txt" "$folder/groups.txt"
  mkdir -p "$folder/data/corp%2eexample/accounts"
  for user in jane joe user{0..99}; do
    echo 'return { ["password"] = "secret" };' > "$folder/data/corp%2eexample/accounts/$user.dat"
  done
}

start() {
  "$prosody" -F --config "$folder/prosody.cfg.lua" </dev/null >"$folder/stdout" 2>&1 &
  server=$!
}

answers() {
  for port in "$c2s" "$component"; do (exec 4<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || return 1; done
}

reset() { configure; }

configure
begin Prosody
echo "READY c2s=$c2s component=$component pid=$server"
live_by_commands
