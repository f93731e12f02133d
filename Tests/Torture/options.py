# SPDX-License-Identifier: Apache-2.0
"""The command line of the torture."""

import argparse
import os
import time


def parse(description, scenarios):
    """Reads the command line; `scenarios` are those that there are, by name."""
    listing = "\n".join(f"  {name:<15} {each.__doc__.splitlines()[0]}" for name, each in scenarios.items())
    parser = argparse.ArgumentParser(
        description=f"{description}\nscenarios:\n{listing}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scenarios", nargs="+", choices=[*scenarios, "all"], metavar="SCENARIO")
    parser.add_argument("--bootstrap", default=os.environ.get("KAFKA_BOOTSTRAP"), help="host:port of the broker")
    parser.add_argument("--worker", default=".build/release/presence-worker", help="the presence-worker executable")
    parser.add_argument("--rounds", type=int, help="how often it is done; each scenario has a default of its own")
    parser.add_argument("--seconds", type=float, help="at most so long, whatever is left of the rounds")
    parser.add_argument("--changes", type=int, default=10_000_000, help="at most so many changes")
    parser.add_argument("--then", type=int, default=0, help="changes after the last round, as fast as they go")
    parser.add_argument("--users", type=int, help="20,000; 500,000 for `return`")
    parser.add_argument("--devices", type=int, default=1, help="devices of each user")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--partitions", type=int, default=12)
    parser.add_argument("--rate", type=float, help="changes a second during the rounds; 2,000")
    parser.add_argument("--requests", type=float, default=0.03, help="contact requests for each change")
    parser.add_argument("--minutes", type=float, default=30, help="how long `soak` goes on")
    parser.add_argument("--window", type=float, default=60, help="seconds of each of its windows")
    parser.add_argument("--load", type=float, default=0.7, help="its share of what goes through; 0: --rate says it")
    parser.add_argument("--within", type=float, default=20, help="seconds within which everybody comes back in `return`")
    parser.add_argument("--away", type=float, default=40, help="seconds for which the topology scenarios keep it up")
    parser.add_argument("--static", action="store_true", help="static members, whose names outlive a kill")
    parser.add_argument("--session", default="6s", help="session time-out of the group")
    parser.add_argument("--transaction", default="5s", help="transaction time-out")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="more settings of the workers")
    parser.add_argument("--broker-start", metavar="COMMAND", help="starts the broker; returns when it answers")
    parser.add_argument("--broker-stop", metavar="COMMAND", help="ends it by SIGTERM; returns when it is gone")
    parser.add_argument("--broker-kill", metavar="COMMAND", help="ends it by SIGKILL; returns when it is gone")
    parser.add_argument(
        "--proxied",
        metavar="PORT=HOST:PORT",
        help="a listener of the broker that advertises 127.0.0.1:PORT, where the test puts a proxy before it",
    )
    parser.add_argument(
        "--broker-disk", metavar="DIRECTORY", help="on the small file system of the broker's logs, for the test to fill"
    )
    parser.add_argument("--keep", action="store_true", help="leave the topics there")
    arguments = parser.parse_args()
    if not arguments.bootstrap:
        parser.error("--bootstrap or KAFKA_BOOTSTRAP says where the broker is")
    if "all" in arguments.scenarios:
        arguments.scenarios = list(scenarios)
    return arguments
