// The `selma` command's process: reads the arguments, runs one command, ends with its exit code.
import { main } from '../cli/main.ts'

process.exit(await main(process.argv.slice(2)))
