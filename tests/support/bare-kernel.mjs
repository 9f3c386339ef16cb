// The kernel's process without the library in the cells' scope, whose types take long to read.
if (!process.features.typescript) (await import('tsx/esm/api')).register()
const { runKernel } = await import('../../kernel/jupyter/kernel.ts')
await runKernel(process.argv[2], { preload: [] })
