#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A private exim on 127.0.0.1 that takes every mail, and says on standard output what it has delivered.

    {"port": N}                                   when it listens
    {"envelopeTo": A, "envelopeFrom": A, "from": [NAME, A], "to": [[NAME, A]], "subject": S, "messageId": ID,
     "headers": [NAMES], "body": TEXT}            for each mail in a mail box, read by Python's mail library
It ends with its standard input, and takes everything with it that it has made.
"""
import email
import email.policy
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

EXIM = next((path for path in ["/usr/sbin/exim4", "/usr/sbin/exim"] if os.access(path, os.X_OK)), None)

CONFIGURATION = """
primary_hostname = mail.corp.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
spool_directory = {home}/spool
log_file_path = {home}/log/%slog
pid_file_path = {home}/exim.pid
tls_advertise_hosts =
smtputf8_advertise_hosts = *
host_lookup =
rfc1413_query_timeout = 0s
keep_environment =
allow_domain_literals = false
queue_run_in_order = false
never_users =
deliver_drop_privilege = true
acl_smtp_rcpt = take
acl_smtp_data = take
acl_smtp_predata = take

begin acl
take:
  accept

begin routers
everybody:
  driver = accept
  transport = mailbox

begin transports
mailbox:
  driver = appendfile
  directory = {home}/mail
  maildir_format = true
  create_directory = true
  user = {user}
  envelope_to_add = true
  return_path_add = true
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_listening(port, process):
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                if connection.recv(3) == b"220":
                    return
        except OSError:
            if process.poll() is not None:
                sys.exit(f"exim has ended with {process.returncode}")
        time.sleep(0.02)  # nobody tells when it listens


def text(value):
    """Headers of a mail with SMTPUTF8 are UTF-8 as they stand, which the library reads as bytes that it does not know."""
    return str(value).encode("utf-8", "surrogateescape").decode()


def people(header):
    return [[text(address.display_name), text(address.addr_spec)] for address in header.addresses]


def describe(path):
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    return {
        "envelopeTo": text(mail["Envelope-to"]),
        "envelopeFrom": text(mail["Return-path"]).strip("<>"),
        "from": people(mail["From"])[0],
        "to": people(mail["To"]),
        "subject": text(mail["Subject"]),
        "messageId": str(mail["Message-ID"]),
        "headers": sorted(mail.keys()),
        "body": mail.get_content().replace("\r\n", "\n"),
    }


def main():
    if EXIM is None:
        sys.exit("exim is not installed")
    # A test's threads block signals, which programs that they start inherit; a daemon waits for some.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    home = Path(tempfile.mkdtemp(prefix="presence-smtp-"))
    # Exim gives root's privileges up for its own user, whose everything has to be then.
    user = "Debian-exim" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    try:
        for folder in ["spool", "log", "mail", "mail/new", "mail/cur", "mail/tmp"]:
            (home / folder).mkdir()
        port = free_port()
        configuration = home / "exim.conf"
        configuration.write_text(CONFIGURATION.format(home=home, port=port, user=user))
        if os.geteuid() == 0:
            for path in [home, *home.rglob("*")]:
                if path != configuration:
                    shutil.chown(path, user)
            home.chmod(0o755)
        process = subprocess.Popen(
            [EXIM, "-C", configuration, "-bdf", "-q1h"], stdin=subprocess.DEVNULL, stdout=sys.stderr
        )
        try:
            serve(home, port, process)
        finally:
            process.terminate()
            process.wait()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def serve(home, port, process):
    wait_until_listening(port, process)
    print(json.dumps({"port": port}), flush=True)
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    seen = set()
    while not ended.wait(0.02):  # a mail box has no way to tell
        for path in sorted((home / "mail" / "new").iterdir()):
            if path not in seen:
                seen.add(path)
                print(json.dumps(describe(path)), flush=True)


if __name__ == "__main__":
    main()
