# SPDX-License-Identifier: Apache-2.0
#
# What the run.sh of private servers for tests share; to be sourced. A run.sh defines
#   start    starts the server in the background, and sets `server` to its process
#   answers  fails while the server does not answer yet
#   reset    (optional) removes what a start that failed has left
# and calls `private_server NAME`, `begin NAME`, and at last `live` or `live_by_commands`.

# A folder of its own, `$folder`; at the end the server and the folder are gone.
private_server() {
  folder=$(mktemp -d "${TMPDIR:-/tmp}/$1-test.XXXXXX")
  server=
  trap cleanup EXIT
  trap 'exit 143' TERM INT HUP
}

cleanup() {
  trap - EXIT TERM INT HUP
  stop_server TERM
  rm -rf "$folder"
}

pause() { read -rt 0.1 <> <(:) || true; }

# Ends the server by a signal, and by SIGKILL where that does not help within five seconds.
stop_server() {
  [ -n "$server" ] || return 0
  kill "-$1" "$server" 2>/dev/null || true
  for _ in $(seq 50); do kill -0 "$server" 2>/dev/null || break; pause; done
  kill -KILL "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=
}

# So many ports of the loopback interface that nobody has at the moment.
free_ports() {
  python3 - "$1" <<'PYTHON'
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
PYTHON
}

reset() { :; }

# Waits until the server answers; fails when it ends before, as the ports may have been taken meanwhile.
ready() {
  for _ in $(seq 600); do
    kill -0 "$server" 2>/dev/null || return 1
    if answers; then return 0; fi
    pause
  done
  return 1
}

# Starts the server, three times at most.
begin() {
  for attempt in 1 2 3; do
    start
    if ready; then return; fi
    if [ "$attempt" = 3 ]; then
      echo "$1 does not start:" >&2
      find "$folder" \( -name '*.log' -o -name stdout \) -exec cat {} + >&2
      exit 70
    fi
    stop_server KILL
    reset
  done
}

# Lives as long as its parent: the end of standard input is the end, and so is that of the server, whose status is then
# `status`.
#
# By looking, five times a second. Bash's `wait -n` does not tell of a server that has ended before it was called. And a
# process of its own that reads standard input would outlive the script: it holds the socket by whose end Foundation learns
# of that of the script, which would never be reaped, and Swift Testing, which waits for any child, would find that one
# again and again, and no end of an exit test behind it.
live() {
  status=0
  local code
  while kill -0 "$server" 2>/dev/null; do
    code=0
    read -rt 0.2 _ || code=$?
    [ "$code" != 1 ] || return 0  # the end; where nothing comes in time it is more than 128
  done
  wait "$server" || status=$?
}

# Lives as long as its parent, and does what that says, a command a line: `stop SIGNAL`, answered by STOPPED, and
# `start`, answered by STARTED, on the same ports.
live_by_commands() {
  while read -r command argument; do
    case $command in
      stop) stop_server "$argument"; echo STOPPED ;;
      start) start; ready || exit 70; echo STARTED ;;
    esac
  done
}
