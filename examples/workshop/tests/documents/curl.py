#!/usr/bin/env python3
"""A stand-in for curl where there is none: plain HTTP, and the options that the documents use."""
import http.client
import signal
import socket
import sys
import time
from urllib.parse import urlsplit

signal.signal(signal.SIGINT, signal.SIG_DFL)
method, body, headers, include, output, write_out, limit, url = None, None, {}, False, None, None, None, None
arguments = sys.argv[1:]
while arguments:
    word = arguments.pop(0)
    if word.startswith("-") and not word.startswith("--") and len(word) > 2:
        arguments[:0] = [f"-{letter}" for letter in word[1:]]
    elif word in ("-s", "-S", "-N", "--silent", "--no-buffer"):
        pass
    elif word in ("-i", "--include"):
        include = True
    elif word in ("-X", "--request"):
        method = arguments.pop(0)
    elif word in ("-o", "--output"):
        output = arguments.pop(0)
    elif word in ("-w", "--write-out"):
        write_out = arguments.pop(0)
    elif word in ("-m", "--max-time"):
        limit = time.monotonic() + float(arguments.pop(0))
    elif word in ("-H", "--header"):
        name, value = arguments.pop(0).split(":", 1)
        headers[name] = value.strip()
    elif word in ("-d", "--data"):
        body = arguments.pop(0)
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    elif word == "--json":
        body = arguments.pop(0)
        headers.setdefault("Content-Type", "application/json")
        headers.setdefault("Accept", "application/json")
    elif word.startswith("-"):
        sys.exit(f"curl: this stand-in has no option {word}")
    else:
        url = urlsplit(word)

try:
    connection = http.client.HTTPConnection(url.netloc)
    path = url.path or "/"
    connection.request(method or ("GET" if body is None else "POST"), f"{path}?{url.query}" if url.query else path,
                       None if body is None else body.encode(), headers)
    response = connection.getresponse()
except OSError:
    sys.exit(7)
target = sys.stdout.buffer if output is None else open(output, "wb")
if include:
    lines = [f"HTTP/1.1 {response.status} {response.reason}"] + [f"{name}: {value}" for name, value in response.getheaders()]
    target.write(("\r\n".join(lines) + "\r\n\r\n").encode())
try:
    while True:
        if limit is not None:
            connection.sock and connection.sock.settimeout(max(limit - time.monotonic(), 0.001))
        piece = response.read1(65536)
        if not piece:
            break
        target.write(piece)
        target.flush()
except (socket.timeout, TimeoutError):
    sys.exit(28)
if write_out:
    print(write_out.replace("%{http_code}", str(response.status)).replace("\\n", "\n"), end="")
