"""The kernel under Jupyter's own conformance tests, and what those leave out.

    pip install jupyter_kernel_test nbclient
    SELMA_KERNEL_NODE=/path/to/node24/bin/node python -m unittest discover tests/jupyter/conformance

SELMA_KERNEL_NODE names the Node that runs the kernel; without it `node` on the path does.
"""

import json
import os
import shutil
import tempfile
import time
import unittest
from pathlib import Path

import jupyter_kernel_test
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).resolve().parents[3]
NODE = os.environ.get("SELMA_KERNEL_NODE") or shutil.which("node")
# A busy machine may need long for the first cell, for which the compiler reads its declarations.
START_S = 120


def install(folder):
    """Writes a kernelspec into a folder that Jupyter then looks in."""
    spec = {
        "argv": [
            NODE,
            "--no-force-async-hooks-checks",
            str(ROOT / "kernel" / "bin" / "kernel.mjs"),
            "{connection_file}",
        ],
        "display_name": "SELMA (TypeScript)",
        "language": "typescript",
        "interrupt_mode": "message",
    }
    kernel = Path(folder) / "kernels" / "selma-conformance"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps(spec))
    os.environ["JUPYTER_PATH"] = str(folder)
    os.environ["SELMA_HOME"] = str(folder)


class KernelCase:
    kernel_name = "selma-conformance"

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        install(cls.folder)
        cls.km, cls.kc = start_new_kernel(kernel_name=cls.kernel_name, startup_timeout=START_S)
        cls.kc.execute_interactive("1", timeout=START_S, output_hook=lambda message: None)
        asked = cls.kc.inspect("Math.max")
        while cls.kc.get_shell_msg(timeout=START_S)["parent_header"]["msg_id"] != asked:
            pass

    @classmethod
    def tearDownClass(cls):
        cls.kc.stop_channels()
        cls.km.shutdown_kernel()
        shutil.rmtree(cls.folder)


class Conformance(KernelCase, jupyter_kernel_test.KernelTests):
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('oops')"
    completion_samples = [
        {"text": "conso", "matches": {"console"}},
        {"text": "Math.hyp", "matches": {"hypot"}},
        {"text": "const text = '🎉'; text.toUpperC", "matches": {"toUpperCase"}},
    ]
    complete_code_samples = ["1", "const a = 1", "function f() {\n  return 1\n}", "for (;;) { break }"]
    incomplete_code_samples = ["function f() {", "const a = [", "`text", "let x =", "/* comment"]
    invalid_code_samples = [")", "1 +* 2", "const = 5"]
    code_page_something = "Math.max?"
    code_generate_error = "throw new Error('oops')"
    code_execute_result = [
        {"code": "1 + 2", "result": "3"},
        {"code": "'text'", "result": "'text'"},
        {"code": "[1, 2].map((one) => one * 2)", "result": "[ 2, 4 ]"},
        {"code": "null", "result": "null"},
        {"code": "await Promise.resolve(7)", "result": "7"},
        {"code": "html('<b>bold</b>')", "mime": "text/html"},
        # One of these matches the pattern of the history test, which wants three of its runs.
        {"code": "3 * 14", "result": "42"},
    ]
    code_display_data = [
        {"code": "display(html('<b>bold</b>'))", "mime": "text/html"},
        {"code": "display(1)", "mime": "text/plain"},
        {"code": "display(svg('<svg/>'))", "mime": "image/svg+xml"},
        {"code": "display(markdown('# title'))", "mime": "text/markdown"},
    ]
    code_history_pattern = "3 [*] 1?"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "Math.max"
    code_clear_output = "clearOutput()"


class Beyond(KernelCase, unittest.TestCase):
    """What the conformance tests do not touch."""

    def run_cell(self, code, **options):
        outputs = []
        reply = self.kc.execute_interactive(code, timeout=60, output_hook=outputs.append, **options)
        return reply["content"], [one for one in outputs if one["msg_type"] != "status"]

    def test_outputs_have_their_parent(self):
        reply, outputs = self.run_cell("console.log('a'); clearOutput(true); 5")
        self.assertEqual(reply["status"], "ok")
        self.assertEqual(
            [one["msg_type"] for one in outputs],
            ["execute_input", "stream", "clear_output", "execute_result"],
        )

    def test_interrupt_over_jupyter_client(self):
        self.run_cell("const kept = 'state'")
        msg_id = self.kc.execute("console.log('go'); while (true) {}")
        while self.kc.get_iopub_msg(timeout=30)["msg_type"] != "stream":
            pass
        self.km.interrupt_kernel()
        while True:
            reply = self.kc.get_shell_msg(timeout=30)
            if reply["parent_header"]["msg_id"] == msg_id:
                break
        self.assertEqual(reply["content"]["ename"], "Interrupted")
        reply, outputs = self.run_cell("kept")
        self.assertEqual(outputs[-1]["content"]["data"]["text/plain"], "'state'")

    def test_input(self):
        asked = []

        def answer(message):
            asked.append(message["content"])
            self.kc.input("Ada")

        reply, outputs = self.run_cell(
            "const name = await input('name? '); name.length", allow_stdin=True, stdin_hook=answer
        )
        self.assertEqual(asked, [{"prompt": "name? ", "password": False}])
        self.assertEqual(outputs[-1]["content"]["data"]["text/plain"], "3")

    def test_burst(self):
        reply, outputs = self.run_cell("for (let i = 0; i < 20000; i++) console.log(i)")
        text = "".join(one["content"]["text"] for one in outputs if one["msg_type"] == "stream")
        self.assertEqual(text, "".join(f"{i}\n" for i in range(20000)))

    def test_restart(self):
        self.run_cell("const gone = 1")
        self.km.restart_kernel(now=False)
        self.kc.wait_for_ready(timeout=START_S)
        reply, _ = self.run_cell("gone")
        self.assertEqual(reply["status"], "error")

    def test_nbclient(self):
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError

        cells = ["let total = 0", "for (const n of [1, 2, 3]) total += n\ntotal", "throw new Error('late')", "total"]
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
        client = NotebookClient(notebook, kernel_name=self.kernel_name, timeout=START_S, startup_timeout=START_S)
        with self.assertRaises(CellExecutionError):
            client.execute()
        self.assertEqual(notebook.cells[1].outputs[0].data["text/plain"], "6")
        self.assertEqual(notebook.cells[2].outputs[0].ename, "Error")
        self.assertEqual(notebook.cells[3].outputs, [])
        client = NotebookClient(
            notebook, kernel_name=self.kernel_name, timeout=START_S, startup_timeout=START_S, allow_errors=True
        )
        client.execute()
        # Not skipped after the error.
        self.assertEqual(notebook.cells[3].outputs[0].data["text/plain"], "6")

    def test_the_heart_beats_while_a_cell_blocks(self):
        self.kc.execute("const until = Date.now() + 3000; while (Date.now() < until) {}")
        end = time.time() + 2
        while time.time() < end:
            self.assertTrue(self.kc.hb_channel.is_beating())
            time.sleep(0.2)
        self.kc.get_shell_msg(timeout=30)


del KernelCase

if __name__ == "__main__":
    unittest.main()
