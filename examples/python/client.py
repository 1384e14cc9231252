"""A client of the hotel: calls the reservations and listens to their events, with nothing but NATS.

    python client.py find "Resort Hotel" ADA-1
    python client.py reserve "Resort Hotel" ADA-1 "Ada Lovelace" ada@example.com C 2030-06-01 3
    python client.py watch
    python client.py follow --name bookkeeping
"""

import argparse
import asyncio
import json
import sys
import time
import urllib.parse
import uuid

import nats
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from fence import fence


class Refused(Exception):
    """The capability understood the message, and refused it: the contract's own error."""


class Failed(Exception):
    """There is no answer: the capability is down, or slow, or did not understand the message."""


class Capability:
    """A capability, as a client sees it."""

    def __init__(self, connection, namespace, name):
        self.connection, self.namespace, self.name = connection, namespace, name

    async def ask(self, message, body, key=None, deadline=5.0, id=None):
        """Asks, and returns the reply. With an `id` the same question, asked again, is answered as it was before."""
        headers = {"Skep-Deadline": str(int((time.time() + deadline) * 1000))}
        if key is not None:
            headers["Skep-Key"] = urllib.parse.quote(key, safe="")
        if id is not None:
            headers["Nats-Msg-Id"] = id
        subject = f"skep.v1.{self.namespace}.cap.{self.name}.{message}"
        try:
            answer = await self.connection.request(subject, json.dumps(body).encode(), deadline, headers=headers)
        except nats.errors.NoRespondersError as error:
            raise Failed(f"nobody answers for {self.name}") from error
        except nats.errors.TimeoutError as error:
            raise Failed(f"{self.name} did not answer in time: whether it was done is not known") from error
        said = answer.headers or {}
        status = said.get("Nats-Service-Error-Code")
        if said.get("Skep-Answer") == "refusal" or status == "409":
            raise Refused(json.loads(answer.data))
        if status:
            raise Failed(f"{status}: {said.get('Nats-Service-Error', '')}")
        return json.loads(answer.data)

    def events(self):
        """Where its events are published: `.<event>.<key>` follows."""
        return f"skep.v1.{self.namespace}.ev.{self.name}.>"

    def stream(self):
        """Which stream keeps them."""
        return f"SKEP_{self.namespace}_EV_{self.name}"

    async def watch(self, take):
        """Gives `take` each event from now on, until it has had enough."""
        subscription = await self.connection.subscribe(self.events())
        await fence(self.connection)
        take.begin()
        async for message in subscription.messages:
            if not take(message):
                return

    async def follow(self, name, take):
        """Gives `take` every event, also those that happened while nobody of this `name` followed, until it has had enough.

        Delivered is what `take` came back from: an event at which it failed comes again.
        """
        wanted = ConsumerConfig(
            durable_name=name,
            ack_policy=AckPolicy.EXPLICIT,
            deliver_policy=DeliverPolicy.ALL,
            filter_subject=self.events(),
        )
        stream = self.connection.jetstream()
        await stream.add_consumer(self.stream(), wanted)
        consumer = await stream.pull_subscribe_bind(name, self.stream())
        take.begin()
        while True:
            try:
                [message] = await consumer.fetch(1, timeout=5)
            except nats.errors.TimeoutError:
                continue
            has_more = take(message)
            await message.ack_sync()
            if not has_more:
                return


def shown(message):
    """An event as one line: its name, whose it is, and what it says."""
    name, key = message.subject.split(".")[-2:]
    key = urllib.parse.unquote(key.replace("=", "%"))
    return f"{name} {key} {message.data.decode()}"


def stay(arguments):
    """The body of `reserve`."""
    return {
        "reference": arguments.reference,
        "guest": {"name": arguments.name, "email": arguments.email},
        "room": arguments.room,
        "stay": {"arrival": arguments.arrival, "nights": arguments.nights},
        "party": {"adults": arguments.adults},
        "rate": arguments.rate,
        "deposit": "none",
    }


def parsed():
    parser = argparse.ArgumentParser(description="Calls the reservations of a hotel and listens to their events.")
    parser.add_argument("--server", default="nats://127.0.0.1:4222")
    parser.add_argument("--namespace", default="hotel", help="default: hotel")
    commands = parser.add_subparsers(dest="command", required=True)
    find = commands.add_parser("find", help="shows a reservation")
    reserve = commands.add_parser("reserve", help="reserves a room")
    for command in (find, reserve):
        command.add_argument("hotel")
        command.add_argument("reference")
    for name in ("name", "email", "room", "arrival"):
        reserve.add_argument(name)
    reserve.add_argument("nights", type=int)
    reserve.add_argument("--adults", type=int, default=2)
    reserve.add_argument("--rate", type=int, default=9000, help="the price of one night, in cents")
    commands.add_parser("watch", help="prints events from now on")
    follow = commands.add_parser("follow", help="prints every event once, also those of the time when it did not run")
    follow.add_argument("--name", default="client", help="who follows; default: client")
    for command in (commands.choices["watch"], follow):
        command.add_argument("--count", type=int, help="ends after so many")
    return parser.parse_args()


class Printer:
    """Prints events, so many at most."""

    def __init__(self, count):
        self.left = count

    def begin(self):
        print("listening", file=sys.stderr, flush=True)

    def __call__(self, message):
        print(shown(message), flush=True)
        if self.left is None:
            return True
        self.left -= 1
        return self.left > 0


async def run(connection, arguments):
    reservations = Capability(connection, arguments.namespace, "reservations")
    if arguments.command == "find":
        print(json.dumps(await reservations.ask("find", {"reference": arguments.reference}, arguments.hotel)))
    elif arguments.command == "reserve":
        body = stay(arguments)
        # The same question has the same id: asked again, it is answered as it was the first time, and reserves nothing twice.
        id = str(uuid.uuid5(uuid.NAMESPACE_URL, arguments.hotel + json.dumps(body)))
        print(json.dumps(await reservations.ask("reserve", body, arguments.hotel, id=id)))
    elif arguments.command == "watch":
        await reservations.watch(Printer(arguments.count))
    else:
        await reservations.follow(arguments.name, Printer(arguments.count))


async def main():
    arguments = parsed()
    connection = await nats.connect(arguments.server, name="client", max_reconnect_attempts=-1)
    try:
        await run(connection, arguments)
    except (Refused, Failed) as error:
        print(f"{type(error).__name__.lower()}: {error}", file=sys.stderr)
        return 1
    finally:
        await connection.close()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except KeyboardInterrupt:
        sys.exit(130)
