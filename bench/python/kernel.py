"""Times one Jupyter kernel over jupyter_client, as the yardstick that is the same for all of them.

    python bench/python/kernel.py --kernel '{"argv": ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "language": "python"}' --repeats 40

Starts the kernel, asks and runs what is in CODE for its language, ends it. Prints one JSON object, times in
milliseconds. A request that is not answered within --timeout is reported as null, and ends the measurement.
"""

import argparse
import json
import os
import queue
import signal
import subprocess
import tempfile
import time
import uuid
from importlib.metadata import version
from pathlib import Path

import zmq
from jupyter_client import BlockingKernelClient
from jupyter_client.connect import write_connection_file

LINES = 20_000

# The same in both languages. {n} makes every cell and every question a new one.
CODE = {
    "typescript": {
        "prepare": "let x = 41; const words = ['red', 'blue', 'green']",
        "trivial": "x+1",
        "declaration": "const declared{n} = {{ number: {n}, text: 'value {n}' }}",
        "completions": ["Math.", "words.", "wor", "declared0.", "JSON.", "words[0].", "decl", "Date.", "console.", "x."],
        "burst": f"for (let i = 0; i < {LINES}; i++) console.log('line ' + i)",
    },
    "python": {
        "prepare": "import math, json, datetime, sys; x = 41; words = ['red', 'blue', 'green']",
        "trivial": "x+1",
        "declaration": "declared{n} = dict(number={n}, text='value {n}')",
        "completions": ["math.", "words.", "wor", "declared0.", "json.", "words[0].", "decl", "datetime.", "sys.", "x."],
        "burst": f"for i in range({LINES}): print('line ' + str(i))",
    },
}


class Late(Exception):
    """No answer in time."""


def milliseconds_since(start: float) -> float:
    return (time.perf_counter() - start) * 1000


def tree(pid: int) -> list[int]:
    """The ids of a process and of all that it started."""
    try:
        children = [Path(task / "children").read_text().split() for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return []
    return [pid, *(one for group in children for child in group for one in tree(int(child)))]


def memory(pid: int) -> dict[str, float]:
    """MB of the process tree: proportional (shared pages divided among their users) and resident."""
    total = {"Pss": 0, "Rss": 0}
    for one in tree(pid):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in total:
                total[name] += int(rest.split()[0])
    return {"pss": total["Pss"] * 1024 / 1e6, "rss": total["Rss"] * 1024 / 1e6}


class Kernel:
    def __init__(self, spec: dict, folder: str, timeout: float):
        self.timeout = timeout
        # With a key as Jupyter's own client makes one: signing belongs to every message.
        file, _ = write_connection_file(os.path.join(folder, "connection.json"), key=uuid.uuid4().hex.encode())
        context = zmq.Context()
        # A client that looks again only every 100 ms would round the start up to that.
        context.setsockopt(zmq.RECONNECT_IVL, 5)
        context.setsockopt(zmq.RCVHWM, 0)
        self.client = BlockingKernelClient(connection_file=file, context=context)
        self.client.load_connection_file()
        argv = [one.replace("{connection_file}", file) for one in spec["argv"]]
        env = {**os.environ, **spec.get("env", {}), "JPY_PARENT_PID": str(os.getpid())}
        self.log = open(os.path.join(folder, "log"), "w+b")
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(
            argv, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True
        )
        self.client.start_channels(stdin=False, hb=False)

    def reply(self, msg_id: str) -> dict:
        end = time.perf_counter() + self.timeout
        while time.perf_counter() < end:
            try:
                message = self.client.get_shell_msg(timeout=0.5)
            except queue.Empty:
                if self.process.poll() is not None:
                    raise Late(f"the kernel ended: {self.said()}") from None
                continue
            if message["parent_header"].get("msg_id") == msg_id:
                return message
        raise Late(f"no reply; {self.said()}")

    def said(self) -> str:
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-500:]

    def start(self) -> float:
        self.reply(self.client.kernel_info())
        return milliseconds_since(self.begun)

    def run(self, code: str, timeout: float | None = None) -> tuple[float, str]:
        """Until both reply and idle are there. Returns the milliseconds, and what was printed or shown as text."""
        start = time.perf_counter()
        msg_id = self.client.execute(code)
        end = start + (timeout or self.timeout)
        text: list[str] = []
        while True:
            left = end - time.perf_counter()
            if left <= 0:
                raise Late("no idle", "".join(text))
            try:
                message = self.client.get_iopub_msg(timeout=left)
            except queue.Empty:
                raise Late("no idle", "".join(text)) from None
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                text.append(content["text"])
            elif kind in ("execute_result", "display_data"):
                text.append(content["data"].get("text/plain", ""))
            elif kind == "error":
                raise Late(f"{code!r} failed: {content['ename']}: {content['evalue']}")
            elif kind == "status" and content["execution_state"] == "idle":
                break
        self.reply(msg_id)
        return milliseconds_since(start), "".join(text)

    def complete(self, code: str) -> tuple[float, int]:
        start = time.perf_counter()
        message = self.reply(self.client.complete(code))
        return milliseconds_since(start), len(message["content"]["matches"])

    def end(self) -> None:
        self.client.stop_channels()
        # The kernel leads a group of its own: nothing that it started stays.
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.log.close()


def measure(kernel: Kernel, code: dict, repeats: int, burst_timeout: float) -> dict:
    report: dict = {"start": kernel.start()}
    report["info"] = "answered"
    report["first_cell"], text = kernel.run("1+1")
    if "2" not in text:
        raise Late(f"1+1 gave {text!r}")
    report["first_result"] = milliseconds_since(kernel.begun)
    kernel.run(code["prepare"])
    trivial = [kernel.run(code["trivial"]) for _ in range(repeats + 3)]
    if any("42" not in text for _, text in trivial):
        raise Late(f"x+1 gave {trivial[-1][1]!r}")
    report["trivial"] = [spent for spent, _ in trivial[3:]]
    declarations = [kernel.run(code["declaration"].format(n=n))[0] for n in range(repeats // 2 + 3)]
    report["declaration"] = declarations[3:]
    report["memory_cells"] = memory(kernel.process.pid)
    questions = code["completions"]
    answers = [kernel.complete(questions[n % len(questions)]) for n in range(2 * len(questions) + 1)]
    report["first_completion"] = answers[0][0]
    report["completion"] = [spent for spent, _ in answers[1:]]
    report["matches"] = [count for _, count in answers[: len(questions)]]
    report["memory_completion"] = memory(kernel.process.pid)
    try:
        report["burst"], text = kernel.run(code["burst"], burst_timeout)
    except Late as late:
        report["burst"], text = None, late.args[1] if len(late.args) > 1 else ""
    report["burst_lines"] = sum(1 for line in text.split("\n") if line.startswith("line "))
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", type=json.loads, required=True, help="JSON: argv, language, env")
    parser.add_argument("--repeats", type=int, default=40, help="trivial cells; half as many declarations")
    parser.add_argument("--timeout", type=float, default=60, help="seconds for one answer")
    parser.add_argument("--burst-timeout", type=float, default=20, help="seconds for the burst")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kernel = Kernel(args.kernel, folder, args.timeout)
        try:
            report = measure(kernel, CODE[args.kernel["language"]], args.repeats, args.burst_timeout)
        finally:
            kernel.end()
    report["versions"] = {name: version(name) for name in ("jupyter_client", "ipykernel")}
    report["python"] = ".".join(map(str, __import__("sys").version_info[:3]))
    print(json.dumps(report))


if __name__ == "__main__":
    main()
