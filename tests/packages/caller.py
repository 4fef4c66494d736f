#!/usr/bin/env python3
"""Calls http://127.0.0.1:8080/healthz 200 times a second, each time with a connection of its own, until it is ended
by SIGTERM. Prints "calling" once 50 were answered. Ends with one line, "N calls, N failed", and code 1 when one
failed or there were none."""
import asyncio
import signal
import sys

PER_SECOND = 200
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n\r\n"


async def call(answered, failures):
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", 8080)
        writer.write(REQUEST)
        answer = await asyncio.wait_for(reader.read(), 30)
        writer.close()
        if not answer.startswith(b"HTTP/1.1 200"):
            failures.append(answer[:40].decode("latin-1") or "closed without an answer")
        else:
            answered.append(1)
            if len(answered) == 50:
                print("calling", flush=True)
    except (OSError, asyncio.TimeoutError) as error:
        failures.append(repr(error))


async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    answered, failures, calls = [], [], []
    while not stop.is_set():
        calls.append(asyncio.create_task(call(answered, failures)))
        try:
            await asyncio.wait_for(stop.wait(), 1 / PER_SECOND)
        except asyncio.TimeoutError:
            pass
    await asyncio.gather(*calls)
    for failure in failures[:10]:
        print(failure)
    print(f"{len(calls)} calls, {len(failures)} failed")
    return 1 if failures or not calls else 0


sys.exit(asyncio.run(main()))
