#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes what a Kafka broker needs to be tested against with every kind of security.

    secure_broker.py DIR PORT [HOST]

Writes into DIR: a certificate authority, the broker's and a client's certificate, passwords, `server.properties` (lines to
add to a KRaft broker's own, with listeners from PORT on) and `listeners.json` (what the tests read). Format the broker's
storage with the SCRAM credentials of `format.args`:

    kafka-storage.sh format -t ID -c server.properties $(cat DIR/format.args)
    KAFKA_SECURE=DIR swift test --filter "WireSecurityTests|AccessTests"

AccessTests also want to know what stands for `kafka-acls.sh`, in KAFKA_ACLS. Needs openssl. Nothing here is a secret:
the passwords are the tests' own.
"""
import json
import pathlib
import subprocess
import sys

USERS = {"presence-worker": "worker-Secret-1", "operator": "operator-Secret-2", "gateway": "gateway-Secret-3"}


def openssl(directory, *arguments):
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)


def authority(directory, name):
    openssl(directory, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.pem")


def certificate(directory, name, subject, host):
    openssl(directory, "req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", f"{name}.key",
            "-out", f"{name}.csr")
    (directory / "extensions").write_text(f"subjectAltName=DNS:localhost,IP:{host}\n")
    openssl(directory, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", "30", "-extfile", "extensions", "-out", f"{name}.pem")


def main():
    directory, port = pathlib.Path(sys.argv[1]).absolute(), int(sys.argv[2])
    host = sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1"
    directory.mkdir(parents=True, exist_ok=True)
    authority(directory, "ca")
    authority(directory, "stranger")
    certificate(directory, "broker", "/CN=broker", host)
    certificate(directory, "client", "/CN=presence-worker", host)
    (directory / "keystore.pem").write_text((directory / "broker.key").read_text() + (directory / "broker.pem").read_text())

    names = ["INTERNAL", "CONTROLLER", "TLS", "MTLS", "PLAIN", "SCRAM", "OAUTH"]
    ports = {name: port + index for index, name in enumerate(names)}
    protocols = {"INTERNAL": "PLAINTEXT", "CONTROLLER": "PLAINTEXT", "TLS": "SSL", "MTLS": "SSL"}
    addresses = {name: f"{host}:{ports[name]}" for name in names}
    jaas = "org.apache.kafka.common.security"
    users = " ".join(f'user_{name}="{password}"' for name, password in USERS.items())
    lines = [
        "listeners=" + ",".join(f"{name}://{address}" for name, address in addresses.items()),
        "advertised.listeners=" + ",".join(f"{n}://{a}" for n, a in addresses.items() if n != "CONTROLLER"),
        f"controller.quorum.voters=1@{addresses['CONTROLLER']}",
        "inter.broker.listener.name=INTERNAL",
        "listener.security.protocol.map=" + ",".join(f"{name}:{protocols.get(name, 'SASL_SSL')}" for name in names),
        "ssl.keystore.type=PEM",
        f"ssl.keystore.location={directory}/keystore.pem",
        "ssl.truststore.type=PEM",
        f"ssl.truststore.location={directory}/ca.pem",
        "listener.name.mtls.ssl.client.auth=required",
        "listener.name.mtls.ssl.principal.mapping.rules=RULE:^CN=([^,]+).*$/$1/",
        "listener.name.plain.sasl.enabled.mechanisms=PLAIN",
        f"listener.name.plain.plain.sasl.jaas.config={jaas}.plain.PlainLoginModule required {users};",
        "listener.name.scram.sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512",
        f"listener.name.scram.scram-sha-256.sasl.jaas.config={jaas}.scram.ScramLoginModule required;",
        f"listener.name.scram.scram-sha-512.sasl.jaas.config={jaas}.scram.ScramLoginModule required;",
        "listener.name.oauth.sasl.enabled.mechanisms=OAUTHBEARER",
        f"listener.name.oauth.oauthbearer.sasl.jaas.config={jaas}.oauthbearer.OAuthBearerLoginModule required "
        'unsecuredLoginStringClaim_sub="broker";',
        # Reauthentication makes the clients show that they bring new tokens.
        "listener.name.oauth.oauthbearer.connections.max.reauth.ms=4000",
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        # The plain listeners have no principals: the broker itself, the tests' administrator, and TLS alone.
        "super.users=User:ANONYMOUS",
    ]
    (directory / "server.properties").write_text("\n".join(lines) + "\n")
    scram = [f"--add-scram {kind}=[name={name},password={password}]"
             for name, password in USERS.items() for kind in ("SCRAM-SHA-256", "SCRAM-SHA-512")]
    (directory / "format.args").write_text(" ".join(scram) + "\n")
    for name, password in USERS.items():
        (directory / f"{name}.password").write_text(password + "\n")
    (directory / "listeners.json").write_text(json.dumps(addresses, indent=2) + "\n")


if __name__ == "__main__":
    main()
