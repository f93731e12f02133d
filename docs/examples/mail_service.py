#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A mail service: sends what mail.dispatches says, each mail once, by SMTP. Needs confluent-kafka.

    mail_service.py --bootstrap localhost:9092 --smtp localhost:25 --database mail_service.db

What is done with each dispatch is said on standard output, a line each, with its id and nothing personal.
"""
import argparse
import email.policy
import json
import smtplib
import sqlite3
import time
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage

from confluent_kafka import Consumer, KafkaException


class Memory:
    """What was done with which dispatch, kept over restarts and for longer than mail.dispatches keeps records."""

    def __init__(self, path):
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.execute("CREATE TABLE IF NOT EXISTS done (id TEXT PRIMARY KEY, what TEXT, at REAL)")
        self.database.execute("CREATE TABLE IF NOT EXISTS waiting (id TEXT PRIMARY KEY, user TEXT, dispatch TEXT)")
        self.database.execute("DELETE FROM done WHERE at < ?", (time.time() - 8 * 86_400,))

    def knows(self, dispatch_id):
        return self.database.execute("SELECT 1 FROM done WHERE id = ?", (dispatch_id,)).fetchone() is not None

    def note(self, dispatch_id, what):
        self.database.execute("INSERT OR REPLACE INTO done VALUES (?, ?, ?)", (dispatch_id, what, time.time()))

    def keep_for_login(self, dispatch):
        """The portal looks here when the sender comes by, shows its login window, and sends the mail from there."""
        row = (dispatch["dispatchId"], dispatch["from"]["user"], json.dumps(dispatch))
        self.database.execute("INSERT OR REPLACE INTO waiting VALUES (?, ?, ?)", row)


def address(person):
    """A person as the mail library wants it, which quotes and encodes names; the last @ is the one that counts."""
    local, _, domain = person["mail"].rpartition("@")
    return Address(person.get("displayName") or person["user"], local, domain)


def compose(dispatch):
    """The mail. Header by header through the mail library: it encodes, folds, and refuses line breaks."""
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["From"] = address(dispatch["from"])
    mail["To"] = address(dispatch["to"])
    mail["Subject"] = dispatch["subject"]
    mail["Date"] = datetime.fromisoformat(dispatch["createdAt"])
    # The same for every copy of a dispatch, so that mail servers that drop repeats can do so.
    mail["Message-ID"] = f"<{dispatch['dispatchId']}@presence.portal.example>"
    text = dispatch.get("body", "")
    context = dispatch.get("context")
    if context:
        text += f"\n\n-- \n{context['service']}: {context.get('title', '')}\n{context.get('url', '')}\n"
    mail.set_content(text)
    return mail


def handle(dispatch, memory, smtp):
    """Does what the dispatch says, and returns what that was."""
    if memory.knows(dispatch["dispatchId"]):
        return "repeat"
    if dispatch["from"].get("mailClient") == "local":
        return "local"  # the portal opens the sender's own mail client with `mailto`
    if dispatch["credentials"] == "required":
        memory.keep_for_login(dispatch)
        what = "login"
    else:
        try:
            with smtplib.SMTP(*smtp, timeout=30) as server:
                server.send_message(compose(dispatch))
            what = "sent"
        except smtplib.SMTPResponseException as error:
            if error.smtp_code < 500:
                raise
            what = "refused"
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError, ValueError):
            what = "refused"
    memory.note(dispatch["dispatchId"], what)
    return what


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--topic", default="mail.dispatches")
    parser.add_argument("--group", default="mail-service")
    parser.add_argument("--smtp", required=True, metavar="HOST:PORT")
    parser.add_argument("--database", required=True)
    arguments = parser.parse_args()
    host, _, port = arguments.smtp.rpartition(":")
    memory = Memory(arguments.database)
    consumer = Consumer({
        "bootstrap.servers": arguments.bootstrap,
        "group.id": arguments.group,
        "isolation.level": "read_committed",  # what a worker took back was never there
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "session.timeout.ms": 6_000,  # how long the mails of a crashed service wait for the next one
    })  # fmt: skip
    consumer.subscribe([arguments.topic])
    while True:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        dispatch = json.loads(message.value())
        while True:
            try:
                what = handle(dispatch, memory, (host, int(port)))
                break
            except (OSError, smtplib.SMTPException) as error:
                # The mail server is away: nothing is lost, and those behind have to wait for it as well.
                print(f"waiting {dispatch['dispatchId']} {type(error).__name__}", flush=True)
                consumer.pause(consumer.assignment())
                consumer.poll(5.0)  # stays in the group
                consumer.resume(consumer.assignment())
        print(f"{what} {dispatch['dispatchId']}", flush=True)
        consumer.commit(message, asynchronous=False)


if __name__ == "__main__":
    main()
