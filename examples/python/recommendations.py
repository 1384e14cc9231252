"""The recommendations, in Python: answers over NATS what the Rust capability answers, byte for byte.

    python recommendations.py --namespace marketplace

Everything it takes to be a capability is in `Service`: a subject, a queue group, and an answer.
"""

import argparse
import asyncio
import hashlib
import json
import pathlib
import signal
import time

import nats
import nats.micro

from fence import fence

BOOKS = pathlib.Path(__file__).resolve().parents[2] / "actors/recommendations/src/books.json"
MAX_RESULTS = 10
U32_MAX = 2**32 - 1


class Refusal(Exception):
    """What the contract calls an error: the question was understood, and the answer is no."""


class Failure(Exception):
    """What is no answer at all: a code of ADR-32, a code of skep, and whether it is worth trying again."""

    def __init__(self, status, code, message, retryable=False):
        super().__init__(message)
        self.status, self.code, self.retryable = status, code, retryable

    def body(self):
        return {
            "code": self.code,
            "message": str(self),
            "retryable": self.retryable,
            "retry_after_ms": None,
            "details": None,
        }


def recommend(books, user, category, max_results):
    """The books for a user, in the order of the SHA-256 of user, zero byte and number."""
    if category not in books:
        raise Refusal({"unknown_category": {"category": category, "known": sorted(books)}})
    if not 1 <= max_results <= MAX_RESULTS:
        raise Refusal({"wrong_max_results": {"max_results": max_results, "most": MAX_RESULTS}})

    def rank(book):
        return hashlib.sha256(f"{user}\0{book['id']}".encode()).digest()

    return {"books": sorted(books[category], key=rank)[:max_results]}


def question(body):
    """User, category and number of a message, if it is one."""
    try:
        asked = json.loads(body)
        user, category, max_results = asked["user"], asked["category"], asked["max_results"]
        user.encode(), category.encode()
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        # Nothing of what was sent: this becomes a header.
        reason = f"no user, category and max_results as JSON ({type(error).__name__})"
        raise Failure("400", "codec", reason) from error
    if type(max_results) is not int or not 0 <= max_results <= U32_MAX:
        raise Failure("400", "codec", f"max_results is no whole number from 0 to {U32_MAX}")
    return user, category, max_results


def in_time(headers):
    """Refuses work that nobody waits for any more."""
    deadline = headers.get("Skep-Deadline", "")
    if deadline.isdigit() and int(deadline) < time.time() * 1000:
        raise Failure("504", "deadline_exceeded", "the deadline had passed before it began")


def encoded(value):
    """JSON as skep writes it: no blanks, and every letter as itself."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


class Service:
    """One member of a capability."""

    def __init__(self, capability, namespace):
        self.capability = capability
        self.prefix = f"skep.v1.{namespace}.cap.{capability}"
        self.books = json.loads(BOOKS.read_text(encoding="utf-8"))

    async def begin(self, connection):
        """Answers from now on; `$SRV.INFO` lists it."""
        service = await nats.micro.add_service(
            connection,
            name=self.capability,
            version="1.0.0",
            description="Recommends books, in Python",
            metadata={"contract": f"{self.capability}/1", "language": "python"},
        )
        # Of the queue group `q`, which is the library's default, one member gets each call.
        await service.add_group(name=self.prefix).add_endpoint(name="recommend", handler=self.answer)

    async def answer(self, request):
        """One call."""
        if not request._msg.reply:
            return  # Nobody hears an answer, and there is nothing else to a recommendation.
        try:
            in_time(request.headers or {})
            reply = recommend(self.books, *question(request.data))
            await request.respond(encoded(reply), {"Skep-Answer": "reply"})
        except Refusal as refusal:
            said = {"Skep-Answer": "refusal"}
            await request.respond_error("409", "refused", encoded(refusal.args[0]), said)
        except Failure as failure:
            await request.respond_error(failure.status, str(failure), encoded(failure.body()))


async def main():
    parser = argparse.ArgumentParser(description="Recommends books, as a capability of skep.")
    parser.add_argument("--server", default="nats://127.0.0.1:4222")
    parser.add_argument("--namespace", default="marketplace", help="default: marketplace")
    parser.add_argument("--capability", default="recommendations_python", help="under which name it answers")
    arguments = parser.parse_args()

    ended = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, ended.set)
    # It stays when the server goes, and answers again when the server is back.
    connection = await nats.connect(arguments.server, name=arguments.capability, max_reconnect_attempts=-1)
    await Service(arguments.capability, arguments.namespace).begin(connection)
    await fence(connection)
    print(f"{arguments.capability} answers at {arguments.server}. Ctrl-C stops it.", flush=True)
    await ended.wait()
    await connection.drain()
    print("stopped", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
