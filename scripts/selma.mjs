// `node scripts/selma.mjs …` is the `selma` command, for those who did not put it on their PATH.
import '../kernel/bin/selma.mjs'
