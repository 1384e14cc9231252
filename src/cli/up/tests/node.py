"""Plays a process of a colony: says that it is ready, and ends when its standard input does.

`node.py <folder> <command> ...`: notes in `<folder>/events` what it does. A file `<folder>/<name>` says that it fails
at once, and with which code; `<folder>/<name>.stubborn` that it does not end by itself.
"""
import json
import os
import signal
import sys

folder, words = sys.argv[1], sys.argv[2:]
name = words[1] if words[0] == "node" else "nats"
if "--replica" in words:
    name += "-" + words[words.index("--replica") + 1]
here = os.path.join(folder, name)


def note(what):
    with open(os.path.join(folder, "events"), "a") as events:
        events.write(f"{name} {what}\n")


note("starts")
if os.path.exists(here):
    with open(here) as code:
        code = int(code.read())
    os.remove(here)
    print("it cannot be", file=sys.stderr)
    sys.exit(code)
print(f"this is {name}", flush=True)
ready = os.environ["SKEP_READY_FILE"]
with open(ready + ".new", "w") as file:
    json.dump({"pid": os.getpid(), "api": f"http://{name}"}, file)
os.replace(ready + ".new", ready)
sys.stdin.read()
while os.path.exists(here + ".stubborn"):
    signal.pause()
note("drains")
