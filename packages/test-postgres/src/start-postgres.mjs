import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { binariesFor, isOpenToOthers } from './binaries.mjs';

const run = promisify(execFile);

/** The database refuses to run as root, and `nobody` is there on every machine. */
const NOBODY = 65_534;
const START_ATTEMPTS = 100;
const PAUSE_MS = 100;
const READY = 'ready to accept connections';
/** Has what addresses must write with a per cent sign. */
const PASSWORD = 'pass/word@of:tests';

/** @type {typeof import('./index.d.mts').startPostgres} */
export async function startPostgres({ settings = {}, isOpenToAll = false } = {}) {
  const isRoot = process.getuid?.() === 0;
  // Somebody else is to reach it.
  const parent = !isRoot || isOpenToOthers(tmpdir()) ? tmpdir() : '/tmp';
  const directory = mkdtempSync(join(parent, 'budget-postgres-'));
  const identity = { cwd: directory, ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}) };
  if (isRoot) chownSync(directory, NOBODY, NOBODY);
  const binaries = binariesFor({ directory, isRoot });
  const data = join(directory, 'data');
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, PASSWORD);
  const flags = ['--no-sync', '--no-locale', '--encoding=UTF8', '--auth=scram-sha-256', '--username=postgres'];
  await run(join(binaries, 'initdb'), [...flags, `--pgdata=${data}`, `--pwfile=${passwordFile}`], identity);

  if (isOpenToAll) appendFileSync(join(data, 'pg_hba.conf'), 'host all all all scram-sha-256\n');

  const port = await freePort();
  const all = {
    ...{ port, listen_addresses: isOpenToAll ? '*' : '127.0.0.1', unix_socket_directories: '' },
    ...{ max_connections: 200, ...settings },
  };
  const parameters = ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  /** @type {import('node:child_process').ChildProcess | null} */
  let server = null;

  async function start() {
    for (let attempt = 1; ; attempt += 1) {
      server = spawn(join(binaries, 'postgres'), parameters, { ...identity, stdio: ['ignore', 'ignore', 'pipe'] });
      const complaint = await untilReady(server);
      if (complaint === null) return;
      // Those that a killed one left behind have yet to notice it.
      if (attempt === START_ATTEMPTS) throw new Error(`PostgreSQL does not start:\n${complaint}`);
      await sleep(PAUSE_MS);
    }
  }

  /** @param {NodeJS.Signals} signal */
  async function end(signal) {
    if (server === null || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  }

  const killWithThis = () => server?.kill('SIGKILL');
  process.once('exit', killWithThis);
  await start();
  return {
    address: `postgres://postgres:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/postgres`,
    ...{ port, password: PASSWORD, start },
    kill: () => end('SIGKILL'),
    shutDown: () => end('SIGINT'),
    async remove() {
      await end('SIGINT');
      process.off('exit', killWithThis);
      rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

/**
 * `null` when it is ready, else what it said before it ended.
 *
 * @param {import('node:child_process').ChildProcess} server
 * @returns {Promise<string | null>}
 */
function untilReady(server) {
  let log = '';
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', () => resolve(log));
    server.stderr?.on('data', (chunk) => {
      log = `${log}${chunk}`.slice(-10_000);
      if (log.includes(READY)) resolve(null);
    });
  });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}
