import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const providerProgram = fileURLToPath(new URL('../../programs/serve-provider.mjs', import.meta.url));
const bareProgram = fileURLToPath(new URL('../../programs/serve-bare-proxy.mjs', import.meta.url));
const meteringProgram = fileURLToPath(new URL('../../programs/serve-metering-proxy.mjs', import.meta.url));

/** Starts a program as a process of its own: `{ url, ask, end }`. */
async function startServer(program, ...parameters) {
  const child = fork(program, parameters);
  const ended = once(child, 'exit');

  async function nextMessage() {
    const [message] = await Promise.race([
      once(child, 'message'),
      ended.then(() => {
        throw new Error(`${program} ended before it was asked to.`);
      }),
    ]);
    return message;
  }

  const { url } = await nextMessage();
  return {
    url,
    /** One question at a time. */
    async ask(question) {
      const answer = nextMessage();
      child.send(question);
      return await answer;
    },
    async end() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** A provider, a bare proxy before it, and ours before it, each a process; `ledgerFile` is of the latter. */
export async function withServers(ledgerFile, work) {
  const servers = [];
  const start = async (...parameters) => {
    const server = await startServer(...parameters);
    servers.push(server);
    return server;
  };
  try {
    const provider = await start(providerProgram);
    const bare = await start(bareProgram, provider.url);
    const metering = await start(meteringProgram, provider.url, ledgerFile);
    return await work({ provider, bare, metering });
  } finally {
    for (const server of servers.reverse()) await server.end();
  }
}
