import { execFile } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { RemoteWorker } from './remote-worker.mjs';

const run = promisify(execFile);

/** A command in a network namespace of its own. Who is not root is given the right within a user namespace. */
export function inNamespace(command) {
  const isRoot = process.getuid?.() === 0;
  return ['unshare', ...(isRoot ? [] : ['--user', '--map-current-user', '--keep-caps']), '--net', ...command];
}

/** `null` where they can be made. */
export async function whyNoNamespaces() {
  const [command, ...parts] = inNamespace([
    'sh',
    '-c',
    'ip link set lo up && ip link add one type veth peer name other',
  ]);
  try {
    await run('nsenter', ['--version']);
    await run(command, parts);
    return null;
  } catch (error) {
    return String(error.stderr || error.message).trim();
  }
}

/** A worker behind a pair of devices, and the way to it, which can be cut and mended. Called inside a namespace. */
export async function namespaceWay(name, number) {
  const worker = new RemoteWorker(name, ['unshare', '--net']);
  const [here, there] = [`${name}-here`, `${name}-there`];
  await ip('link', 'set', 'lo', 'up');
  await untilApart(worker.pid);
  await ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there);
  await ip('link', 'set', there, 'netns', String(worker.pid));
  await ip('addr', 'add', `10.77.${number}.1/24`, 'dev', here);
  await ip('link', 'set', here, 'up');
  const within = (...parts) => run('nsenter', ['--target', String(worker.pid), '--net', 'ip', ...parts]);
  await within('addr', 'add', `10.77.${number}.2/24`, 'dev', there);
  await within('link', 'set', there, 'up');
  return {
    ...{ name, worker },
    open: (server) => worker.open(server, `10.77.${number}.1`, server.port),
    cut: () => ip('link', 'set', here, 'down'),
    mend: () => ip('link', 'set', here, 'up'),
    end: () => worker.kill(),
  };
}

/** `unshare` has done its work when the process stands in another namespace. */
async function untilApart(pid) {
  const namespaceOf = (of) => readlinkSync(`/proc/${of}/ns/net`);
  while (namespaceOf(pid) === namespaceOf('self')) await pause(5);
}

function ip(...parts) {
  return run('ip', parts);
}
