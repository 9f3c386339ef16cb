#!/usr/bin/env node
// The `selma` command; what it does is in selma.ts.
import { start } from './start.mjs'

await start('selma')
