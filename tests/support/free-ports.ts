// Ports that nobody listens on, for servers that a test starts.
import { once } from 'node:events'
import { createServer } from 'node:net'

export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((one) => (one.address() as { port: number }).port)
  await Promise.all(servers.map((one) => new Promise((done) => one.close(done))))
  return ports
}
