#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs a private Kamailio with presence for a test, as a plain process, on free loopback ports, without root.
# It is the server of corp.example; whoever subscribes has the password "secret"; whoever publishes needs none.
#
#   run.sh [MD5|SHA-256]      the algorithm of its digest challenges
#
# When it answers, it prints one line:   READY port=PORT tls=PORT folder=FOLDER
# PORT is of UDP and TCP; the certificate on the TLS port is for "localhost" alone, and signed by FOLDER/ca.pem.
# It lives until its standard input ends or it gets SIGTERM or SIGINT; then everything that it made is gone.
# `stop SIGNAL` and `start` on standard input stop the server and start it again, with all that it knew; who removes
# FOLDER/database in between makes it forget.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
algorithm=${1:-MD5}
source "$here/../private_server.sh"
kamailio=$(PATH=$PATH:/usr/sbin command -v kamailio) || { echo "kamailio is not installed" >&2; exit 69; }
private_server kamailio
tables=/usr/share/kamailio/dbtext/kamailio

create_database() {
  mkdir "$folder/database"
  cp "$tables"/{version,presentity,active_watchers,watchers,xcap} "$folder/database"
  # An empty text is written as nothing, which would not be read again where there has to be something.
  sed -i '1s/(string)/(string,null)/g' "$folder"/database/{presentity,active_watchers,watchers}
}

create_certificates() {
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2)
  openssl req -x509 -subj '/CN=Test authority' "${key[@]}" -keyout "$folder/ca.key" -out "$folder/ca.pem"
  openssl req -x509 -subj '/CN=localhost' "${key[@]}" -addext subjectAltName=DNS:localhost \
    -addext basicConstraints=critical,CA:FALSE -CA "$folder/ca.pem" -CAkey "$folder/ca.key" \
    -keyout "$folder/server.key" -out "$folder/server.pem"
  printf '[server:default]\nmethod = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\n%s\n%s\n' \
    "private_key = $folder/server.key" "certificate = $folder/server.pem" > "$folder/tls.cfg"
}

configure() {
  read -r port tls < <(free_ports 2)
  create_certificates 2> "$folder/openssl.log"
  sed -e "s|@FOLDER@|$folder|" -e "s/@PORT@/$port/" -e "s/@TLS_PORT@/$tls/" -e "s/@ALGORITHM@/$algorithm/" \
    "$here/kamailio.cfg.in" > "$folder/kamailio.cfg"
}

start() {
  [ -e "$folder/database" ] || create_database
  "$kamailio" -DD -E -m 64 -M 8 -w "$folder" -Y "$folder" -P "$folder/kamailio.pid" -f "$folder/kamailio.cfg" \
    </dev/null >> "$folder/kamailio.log" 2>&1 &
  server=$!
}

reset() { configure; }

answers() (  # an OPTIONS over TCP
  exec 9<>"/dev/tcp/127.0.0.1/$port" || return 1
  printf '%s\r\n' "OPTIONS sip:127.0.0.1:$port SIP/2.0" 'Via: SIP/2.0/TCP 127.0.0.1:1;branch=z9hG4bKready' \
    'From: <sip:ready@corp.example>;tag=1' "To: <sip:127.0.0.1:$port>" 'Call-ID: ready' 'CSeq: 1 OPTIONS' \
    'Content-Length: 0' '' >&9
  read -rt 5 line <&9 && [[ $line = "SIP/2.0 200"* ]]
) 2>/dev/null

configure
begin Kamailio
echo "READY port=$port tls=$tls folder=$folder"
live_by_commands
