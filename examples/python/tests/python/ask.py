"""Sends each line of its input as a request, and prints what is answered."""

import argparse
import asyncio
import json
import sys

import nats


async def answered(connection, asked):
    body, headers = asked["body"].encode(), asked["headers"] or None
    try:
        # Longer than any answer takes: only a hanging test gets to its end.
        answer = await connection.request(asked["subject"], body, timeout=60, headers=headers)
    except nats.errors.NoRespondersError:
        return {}
    return {"headers": dict(answer.headers or {}), "body": answer.data.decode()}


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server")
    connection = await nats.connect(parser.parse_args().server)
    for line in sys.stdin:
        print(json.dumps(await answered(connection, json.loads(line))), flush=True)
    await connection.close()


asyncio.run(main())
