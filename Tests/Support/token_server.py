# SPDX-License-Identifier: Apache-2.0
"""A token endpoint over HTTPS, as far as the client-credentials grant goes; its tokens are unsecured JWS.

    token_server.py CERTIFICATE KEY CLIENT SECRET SECONDS

Writes its port, then a line for each request: the status that it answered with. Ends with its standard input. An empty
line on it makes the endpoint fail with 503 from then on, until the next one.
"""
import base64
import http.server
import json
import ssl
import sys
import threading
import time
import urllib.parse

certificate, key, client, secret, seconds = sys.argv[1:]
fails = False


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class Endpoint(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        basic = self.headers.get("Authorization", "").removeprefix("Basic ")
        name, _, password = base64.b64decode(basic).decode().partition(":")
        who = urllib.parse.unquote_plus(name), urllib.parse.unquote_plus(password)
        if fails:
            self.answer(503, {"error": "temporarily_unavailable"})
        elif form.get("grant_type") != ["client_credentials"]:
            self.answer(400, {"error": "unsupported_grant_type"})
        elif who != (client, secret):
            self.answer(401, {"error": "invalid_client"})
        else:
            now = time.time()
            claims = {"sub": client, "iat": now, "exp": now + int(seconds), "scope": form.get("scope", [""])[0]}
            token = f"{encoded({'alg': 'none'})}.{encoded(claims)}."
            self.answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": int(seconds)})

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        print(status, flush=True)

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
for line in sys.stdin:
    fails = not fails
