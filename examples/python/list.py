"""Lists the colony: every capability that answers on a server, whatever language it is written in.

    python list.py
"""

import argparse
import asyncio
import json

import nats


async def services(connection, patience):
    """What everybody says of itself within `patience` seconds (ADR-32)."""
    inbox = connection.new_inbox()
    answers = await connection.subscribe(inbox)
    await connection.publish("$SRV.INFO", reply=inbox)
    found = []
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    while (left := until - loop.time()) > 0:
        try:
            message = await answers.next_msg(timeout=left)
        except nats.errors.TimeoutError:
            break
        if message.data:
            found.append(json.loads(message.data))
    await answers.unsubscribe()
    return sorted(found, key=lambda service: (service["name"], service["id"]))


async def main():
    parser = argparse.ArgumentParser(description="Lists the capabilities that answer on a server.")
    parser.add_argument("--server", default="nats://127.0.0.1:4222")
    parser.add_argument("--patience", type=float, default=0.5, help="seconds to wait for answers; default: 0.5")
    parser.add_argument("--json", action="store_true", help="as they say it, one JSON object a line")
    arguments = parser.parse_args()

    connection = await nats.connect(arguments.server, name="list")
    found = await services(connection, arguments.patience)
    await connection.close()
    for service in found:
        if arguments.json:
            print(json.dumps(service))
        else:
            subjects = ", ".join(endpoint["subject"] for endpoint in service.get("endpoints") or [])
            print(f"{service['name']:<24} {service['version']:<8} {service['id']:<24} {subjects}")


if __name__ == "__main__":
    asyncio.run(main())
