# SPDX-License-Identifier: Apache-2.0
"""A presence network for tests: an HTTP server that says of everybody what the path says.

GET /busy/jane answers {"presence":"busy"}. Each request is told on standard output as "asked /busy/jane". Commands on
standard input: "hold STATE" lets requests of /STATE/ wait, "release STATE" answers them and all that come.
"""

import asyncio
import sys

held = {}


async def answer(reader, writer):
    try:
        while True:
            line = await reader.readline()
            if not line:
                return
            path = line.decode("latin-1").split(" ")[1]
            while (await reader.readline()).strip():
                pass
            print(f"asked {path}", flush=True)
            state = path.split("/")[1]
            if state in held:
                await held[state].wait()
            body = f'{{"presence":"{state}"}}'.encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(f"port {server.sockets[0].getsockname()[1]}", flush=True)
    commands = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := (await commands.readline()).decode():
        command, state = line.split()
        if command == "hold":
            held[state] = asyncio.Event()
        elif state in held:
            held.pop(state).set()
        print(f"done {command} {state}", flush=True)


asyncio.run(main())
