#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A Matrix client that tests drive by lines: the client-server API v3 over plain HTTP, with a new account.

    matrix_client.py HOMESERVER USER

Standard input, one command a line:
    presence STATE [MESSAGE]   online, unavailable, offline, or org.matrix.msc3026.busy, with a status message
    share USER_ID              makes a room and invites somebody into it: who shares a room sees one's presence
    join                       accepts all invitations
    quit                       ends; so does the end of the input

Standard output, one line each: "online USER_ID TOKEN" when the account is there, "done COMMAND", "error TEXT".
"""
import json
import sys
import urllib.error
import urllib.parse
import urllib.request


def say(line):
    print(line, flush=True)


class Client:
    def __init__(self, homeserver, user):
        self.base = f"{homeserver}/_matrix/client/v3"
        self.token = None
        account = self.call(
            "POST",
            "register",
            {"username": user, "password": f"{user}'s secret", "auth": {"type": "m.login.dummy"}},
        )
        self.token = account["access_token"]
        self.user_id = account["user_id"]

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            f"{self.base}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"}
            | ({"Authorization": f"Bearer {self.token}"} if self.token else {}),
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def obey(self, line):
        command, _, rest = line.partition(" ")
        if command == "presence":
            state, _, message = rest.partition(" ")
            body = {"presence": state} | ({"status_msg": message} if message else {})
            self.call("PUT", f"presence/{urllib.parse.quote(self.user_id)}/status", body)
        elif command == "share":
            self.call("POST", "createRoom", {"invite": [rest], "preset": "private_chat"})
        elif command == "join":
            rooms = self.call("GET", "sync?timeout=0&set_presence=offline").get("rooms", {})
            for room in rooms.get("invite", {}):
                self.call("POST", f"rooms/{urllib.parse.quote(room)}/join", {})
        else:
            return say(f"error unknown command {command}")
        say(f"done {command}")


def main(homeserver, user):
    try:
        client = Client(homeserver, user)
        say(f"online {client.user_id} {client.token}")
        while line := sys.stdin.readline().strip():
            if line == "quit":
                break
            client.obey(line)
    except urllib.error.HTTPError as error:
        say(f"error {error} {error.read().decode(errors='replace')}")
        return 1
    except OSError as error:
        say(f"error {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
