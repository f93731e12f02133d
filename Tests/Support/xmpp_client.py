#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real XMPP client (slixmpp 1.9 or newer) that tests drive by lines.

    xmpp_client.py JID PASSWORD HOST PORT [--resource NAME] [--priority N] [--deny]

With --deny, nobody who asks may subscribe; without, everybody may.

Standard input, one command a line:
    show VALUE [MESSAGE]   available, chat, away, dnd or xa, with a status message
    tell VALUE LANGUAGE=MESSAGE;LANGUAGE=MESSAGE…   the same in several languages; "=MESSAGE" is in none
    status MESSAGE         the same show as before, with another status message
    quit                   goes unavailable and ends; so does the end of the input

Standard output, one line each: "online" when the session is established, "done COMMAND" when the server has taken the
presence in (it answered a later request of the same stream), "error TEXT", "offline".
"""
import argparse
import asyncio
import sys

import slixmpp
import slixmpp.exceptions

SHOWS = ("chat", "away", "dnd", "xa")


def say(line):
    print(line, flush=True)


class Client(slixmpp.ClientXMPP):
    def __init__(self, arguments):
        super().__init__(f"{arguments.jid}/{arguments.resource}", arguments.password)
        self.priority = arguments.priority
        self.show = "available"
        self.auto_authorize = not arguments.deny
        self.register_plugin("xep_0199")  # ping: its answer tells that what was sent before has been handled
        self.ready = asyncio.get_event_loop().create_future()
        self.add_event_handler("session_start", self.on_start)
        self.add_event_handler("failed_all_auth", lambda _: self.fail("the password is wrong"))
        self.add_event_handler("connection_failed", lambda reason: self.fail(f"no connection: {reason}"))

    def fail(self, reason):
        if not self.ready.done():
            self.ready.set_exception(RuntimeError(reason))

    async def on_start(self, _):
        self.announce("available", "")
        await self.settle()
        if not self.ready.done():
            self.ready.set_result(None)

    def announce(self, show, message):
        self.show = show
        self.send_presence(
            pshow=show if show in SHOWS else None, pstatus=message or None, ppriority=self.priority
        )

    async def settle(self):
        try:
            await self.plugin["xep_0199"].send_ping(self.boundjid.domain, timeout=10)
        except slixmpp.exceptions.IqError:
            pass  # the server does not know pings: that is an answer, too

    async def obey(self, line):
        command, _, rest = line.partition(" ")
        if command == "show":
            show, _, message = rest.partition(" ")
            if show != "available" and show not in SHOWS:
                return say(f"error unknown show {show}")
            self.announce(show, message)
        elif command == "tell":
            show, _, messages = rest.partition(" ")
            presence = self.make_presence(pshow=show if show in SHOWS else None, ppriority=self.priority)
            for message in messages.split(";"):
                language, _, text = message.partition("=")
                presence[f"status|{language}" if language else "status"] = text
            presence.send()
        elif command == "status":
            self.announce(self.show, rest)
        else:
            return say(f"error unknown command {command}")
        await self.settle()
        say(f"done {command}")


async def main(arguments):
    client = Client(arguments)
    client.enable_direct_tls = False
    client.enable_starttls = False
    client.enable_plaintext = True  # the server is a private one on the loopback interface
    client.plugin["feature_mechanisms"].unencrypted_plain = True
    client.connect(arguments.host, arguments.port)
    try:
        await asyncio.wait_for(client.ready, timeout=30)
    except (RuntimeError, asyncio.TimeoutError) as error:
        say(f"error {error or 'no session in time'}")
        return 1
    say("online")
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode().strip():
        if line == "quit":
            break
        await client.obey(line)
    await client.disconnect(wait=2)
    say("offline")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("jid")
    parser.add_argument("password")
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--resource", default="test")
    parser.add_argument("--priority", type=int, default=0)
    parser.add_argument("--deny", action="store_true")
    sys.exit(asyncio.run(main(parser.parse_args())))
