#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Plays a SIP server for one call of a test: sipp with a scenario of this folder, on a free loopback port.
#
#   run.sh SCENARIO udp|tcp
#
# When it listens, it prints one line:   READY port=PORT
# and when the call is over:             done STATUS      0 where all went as the scenario says
# It lives until then, until its standard input ends, or until it gets SIGTERM or SIGINT; then everything that it made
# is gone.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
scenario=$here/${1:?the scenario}.xml
transport=${2:-tcp}
source "$here/../private_server.sh"
command -v sipp >/dev/null || { echo "sipp is not installed" >&2; exit 69; }

private_server sipp

start() {
  read -r port < <(free_ports 1)
  (cd "$folder" && exec sipp -sf "$scenario" -m 1 -i 127.0.0.1 -p "$port" -t "${transport:0:1}1" -nostdin -timeout 1200 -timeout_error \
    -trace_err -error_file "$folder/errors.log" </dev/null > "$folder/screen.log" 2>&1) &
  server=$!
}

answers() {  # it listens
  local address
  printf -v address '0100007F:%04X' "$port"
  case $transport in
    udp) grep -q "$address 00000000:0000" /proc/net/udp ;;
    tcp) grep -q "$address 00000000:0000 0A" /proc/net/tcp ;;
  esac
}

begin sipp
echo "READY port=$port"
live
[ "$status" = 0 ] || cat "$folder"/*.log >&2
echo "done $status"
