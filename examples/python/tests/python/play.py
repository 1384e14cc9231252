"""Plays the reservations of a hotel: says what it was asked, refuses the reference FULL, and fails at BROKEN."""

import argparse
import asyncio
import json

import nats
from fence import fence


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server")
    connection = await nats.connect(parser.parse_args().server)

    async def answer(request):
        body = json.loads(request.data)
        if body["reference"] == "FULL":
            headers = {"Skep-Answer": "refusal", "Nats-Service-Error": "refused", "Nats-Service-Error-Code": "409"}
            await connection.publish(request.reply, b'{"full":{"room":"C"}}', headers=headers)
        elif body["reference"] == "BROKEN":
            headers = {"Skep-Answer": "error", "Nats-Service-Error": "it panicked", "Nats-Service-Error-Code": "500"}
            await connection.publish(request.reply, b"{}", headers=headers)
        else:
            said = {"subject": request.subject, "headers": dict(request.headers), "body": body}
            await connection.publish(request.reply, json.dumps(said).encode(), headers={"Skep-Answer": "reply"})

    await connection.subscribe("skep.v1.hotel.cap.reservations.*", queue="q", cb=answer)
    await fence(connection)
    print("the play answers at the server", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
