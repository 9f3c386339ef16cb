#!/usr/bin/env node
// The Jupyter kernel; what it does is in kernel.ts.
import { start } from './start.mjs'

await start('kernel')
