// The kernel's process entry: the connection file is its argument, as the kernelspec gives it (`-f` before it is
// what other kernels expect, and is allowed).
import { runKernel } from '../jupyter/kernel.ts'

const [file, ...rest] = process.argv.slice(2).filter((one) => one !== '-f')
if (!file || rest.length > 0) {
  process.stderr.write(
    'usage: kernel.mjs CONNECTION_FILE (Jupyter starts this: `selma install` tells it how)\n',
  )
  process.exit(2)
}
await runKernel(file)
