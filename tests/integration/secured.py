"""A real Kafka with an authorizer and a real Redis with users, whose rights are those that `docs/deploying.md` gives.

Nothing of the rights stands here: the commands of the page are read from it, so what the page says is what is tried.
"""

import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from pydantic import SecretStr
from redis import Redis

from picustream.local import ports
from picustream.local.kafka import Kafka
from picustream.local.redis import Redis as RedisServer
from picustream.models.event import LAB
from picustream.runtime.errors import UserError
from picustream.runtime.settings import Settings
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka import topics
from tests.integration.workers import wait_for
from tests.paths import DOCS

DEPLOYING = DOCS / "deploying.md"
PASSWORD = "correct-horse"
"""Of every user here."""
_OPERATIONS = {one.name.replace("_", "").lower(): one for one in ACLOperation}
_RESOURCES = {
    "--topic": ResourceType.TOPIC,
    "--group": ResourceType.GROUP,
    "--transactional-id": ResourceType.TRANSACTIONAL_ID,
}


class SecuredKafka(Kafka):
    """The usual listener lets everything pass, as the one who rules the cluster; a second one asks for a password."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.users_port = ports.free_port()

    @property
    def users_address(self) -> str:
        return f"127.0.0.1:{self.users_port}"

    def _configure(self, data: Path, port: int) -> None:
        super()._configure(data, port)
        users = f"USERS://{self.users_address}"
        text = re.sub(r"^((?:advertised\.)?listeners=.*)$", rf"\1,{users}", self._config.read_text(), flags=re.M)
        text = re.sub(r"^(listener\.security.*)$", r"\1,USERS:SASL_PLAINTEXT", text, flags=re.M)
        login = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        self._config.write_text(
            f"{text}\n"
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n"
            "super.users=User:ANONYMOUS\n"
            "listener.name.users.sasl.enabled.mechanisms=SCRAM-SHA-512\n"
            f"listener.name.users.scram-sha-512.sasl.jaas.config={login}\n"
        )


@dataclass(frozen=True)
class Secured:
    """Both servers, with the topics and the users of the page. `ruler`: settings that are allowed everything."""

    kafka: SecuredKafka
    redis: RedisServer
    ruler: Settings

    def env(self, kafka_user: str, redis_user: str = "operations", password: str = PASSWORD) -> dict[str, str]:
        """The settings of a user of Kafka and one of Redis."""
        return {
            "PICUSTREAM_KAFKA": self.kafka.users_address,
            "PICUSTREAM_KAFKA_SECURITY": "SASL_PLAINTEXT",
            "PICUSTREAM_KAFKA_USERNAME": kafka_user,
            "PICUSTREAM_KAFKA_PASSWORD": password,
            "PICUSTREAM_REDIS": self.redis.address,
            "PICUSTREAM_REDIS_USERNAME": redis_user,
            "PICUSTREAM_REDIS_PASSWORD": PASSWORD,
            "PICUSTREAM_PARTITIONS": str(self.ruler.partitions),
            "PICUSTREAM_HTTP_PORT": "0",
        }

    def settings(self, kafka_user: str, password: str = PASSWORD) -> Settings:
        """The settings of a user of Kafka, for a client in this process."""
        return Settings.model_construct(
            kafka=self.kafka.users_address,
            kafka_security="SASL_PLAINTEXT",
            kafka_username=kafka_user,
            kafka_password=SecretStr(password),
            partitions=self.ruler.partitions,
        )

    def shows_users(self) -> bool:
        """Whether the broker knows of the right that was given last, and so of all that came before it."""
        last = kafka_rights()[-1]
        try:
            with kafka_clients.admin(self.settings(last.principal.removeprefix("User:"))) as admin:
                return last.operation.name in (admin.describe_topics([LAB])[0]["authorized_operations"] or ())
        except UserError:  # it does not know the user yet
            return False

    def admin(self) -> KafkaAdminClient:
        """Kafka, allowed everything."""
        return kafka_clients.admin(self.ruler)

    def redis_client(self) -> Redis:
        """Redis, allowed everything."""
        return Redis.from_url(self.redis.address)


@contextmanager
def secured(folder: Path, partitions: int) -> Iterator[Secured]:
    """Start both servers, make topics and users, and end and delete all of it afterwards."""
    kafka, redis = SecuredKafka(folder / "kafka"), RedisServer(folder / "redis")
    try:
        kafka.start(ports.free_port(), print)
        redis.start(ports.free_port())
        ruler = Settings.model_construct(kafka=kafka.address, redis=redis.address, partitions=partitions)
        made = Secured(kafka, redis, ruler)
        with made.admin() as admin, made.redis_client() as client:
            topics.create(admin, ruler, topics.ALL)
            make_users(admin, client)
        wait_for(made.shows_users, "the broker knows the users and their rights")
        yield made
    finally:
        kafka.stop()
        redis.stop()
        shutil.rmtree(folder)


def kafka_rights() -> list[ACL]:
    """What the commands of the page grant."""
    return [right for line in _commands("$acls ") for right in _rights(shlex.split(line))]


def redis_users() -> dict[str, list[str]]:
    """The rules of each user of Redis on the page, by name, without its password."""
    lines = [shlex.split(line) for line in _commands("ACL SETUSER ")]
    return {name: [rule for rule in rules if not rule.startswith(">")] for name, *rules in lines}


def make_users(admin: KafkaAdminClient, redis: Redis) -> None:
    """Make every user of the page, in Kafka and in Redis."""
    rights = kafka_rights()
    set_password(admin, {right.principal.removeprefix("User:") for right in rights}, PASSWORD)
    assert not admin.create_acls(rights)["failed"]
    for name, rules in redis_users().items():
        redis.execute_command("ACL", "SETUSER", name, "reset", f">{PASSWORD}", *rules)


def set_password(admin: KafkaAdminClient, users: set[str], password: str) -> None:
    """Make users of Kafka, or give them another password."""
    wanted = [UserScramCredentialUpsertion(user, ScramMechanism.SCRAM_SHA_512, password) for user in users]
    answer = admin.alter_user_scram_credentials(wanted)
    assert set(answer.values()) == {None}, answer


def _rights(words: list[str]) -> Iterator[ACL]:
    """The rights that one command grants: each of its operations on each of its resources."""
    options: dict[str, list[str]] = {}
    for name, value in zip(words[::2], words[1::2], strict=True):
        options.setdefault(name, []).append(value)
    [principal], operations = options.pop("--allow-principal"), options.pop("--operation")
    [pattern] = options.pop("--resource-pattern-type", ["literal"])
    for option, names in options.items():
        for name in names:
            resource = ResourcePattern(_RESOURCES[option], name, ACLResourcePatternType[pattern.upper()])
            for operation in operations:
                yield ACL(principal, "*", _OPERATIONS[operation.lower()], ACLPermissionType.ALLOW, resource)


def _commands(start: str) -> Iterator[str]:
    """What follows on the lines of the page's code blocks that begin so, with the variables put in."""
    variables: dict[str, str] = {}
    for block in re.findall(r"^```(?:sh)?\n(.*?)^```$", DEPLOYING.read_text(), re.DOTALL | re.MULTILINE):
        for line in block.replace("\\\n", " ").splitlines():
            if assigned := re.fullmatch(r'(\w+)="(.*)"', line):
                variables[assigned[1]] = assigned[2]
            elif line.startswith(start):
                yield re.sub(r"\$(\w+)", lambda match: variables.get(match[1], match[0]), line.removeprefix(start))
