"""Types into `jupyter console` through a pseudo-terminal, as a person would, and waits for what it answers.

python drive.py KERNEL      exits with 0 when everything came; otherwise pexpect says what did not, and what did.
"""

import re
import sys

import pexpect

TAB = "\t"
PATIENCE_S = 240
# A busy machine: after a second it would take a complete cell for an incomplete one.
PATIENT = [f"--ZMQTerminalInteractiveShell.kernel{name}_timeout={PATIENCE_S}" for name in ("", "_is_complete")]
# Colours and movements of the cursor.
CONTROLS = r"(?:\x1b\[[0-9;?]*[A-Za-z])*"


def spaced(text):
    """A pattern for text between whose characters the terminal may say something."""
    return CONTROLS.join(re.escape(one) for one in text)


def main(kernel):
    console = pexpect.spawn(
        sys.executable,
        ["-m", "jupyter", "console", f"--kernel={kernel}", *PATIENT],
        encoding="utf-8",
        timeout=PATIENCE_S,
        dimensions=(40, 120),
    )

    def prompt(count):
        console.expect(spaced(f"In [{count}]:"))

    def answered(*texts):
        for text in texts:
            console.expect(spaced(text))

    def enter(text):
        console.send(text)
        # It asks the kernel whether the cell is complete, and runs it if so.
        console.send("\r")

    answered("SELMA Lab")
    prompt(1)
    enter("const total: number = [1, 2, 3].reduce((a, b) => a + b)")
    prompt(2)
    enter("'total is ' + total")
    answered("Out[2]:", "'total is 6'")
    prompt(3)
    enter("throw new RangeError('too many')")
    answered("RangeError: too many")
    prompt(4)
    console.send("tot" + TAB)
    answered("total")
    enter(" * 7")
    answered("Out[4]:", "42")
    prompt(5)
    # Control-D; it asks back.
    console.sendeof()
    answered("Do you really want to exit")
    enter("y")
    console.expect(pexpect.EOF)
    console.close()
    return console.exitstatus


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
