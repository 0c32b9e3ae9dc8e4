import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';

/** Tells one process from every other, also after a restart and when containers or machines share a disk. */
export interface ProcessIdentity {
  /** Where its process id means something: one boot of one machine, one pid namespace. Has no dots. */
  readonly world: string;
  readonly pid: number;
  /** Clock ticks from boot to its start, so that a process id given out again is noticed; `0` when not known. */
  readonly startedAtTicks: string;
}

/** `unknown`: of another world, so that it cannot be asked. */
export type Liveness = 'alive' | 'dead' | 'unknown';

const MAX_PID = 2 ** 31 - 1;

let own: ProcessIdentity | undefined;

export function thisProcess(): ProcessIdentity {
  own ??= { world: worldOfThisProcess(), pid: process.pid, startedAtTicks: ownStart() };
  return own;
}

/** `<world>.<pid>.<start>`: lower-case letters, digits, dashes and dots, under 100 bytes, fit for a file name. */
export function formatIdentity(identity: ProcessIdentity): string {
  return `${identity.world}.${identity.pid}.${identity.startedAtTicks}`;
}

/** Reads what `formatIdentity` wrote; null for anything else. */
export function parseIdentity(text: string): ProcessIdentity | null {
  const [, world, pid, startedAtTicks] = /^([0-9a-z-]{1,80})\.([1-9]\d{0,9})\.(\d{1,20})$/.exec(text) ?? [];
  if (world === undefined || startedAtTicks === undefined || Number(pid) > MAX_PID) return null;
  return { world, pid: Number(pid), startedAtTicks };
}

/**
 * `dead` is certain, `alive` may be too careful.
 *
 * Where there is no `/proc` (macOS) it is weaker: a zombie passes for alive, and so does any process that got the id
 * of a dead one. Both err on the side of waiting.
 */
export function livenessOf(identity: ProcessIdentity): Liveness {
  const self = thisProcess();
  if (identity.world !== self.world) return 'unknown';
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'dead';
    // EPERM: it lives, and belongs to another user.
  }
  if (self.startedAtTicks === '0') return 'alive';
  const status = processStatus(String(identity.pid));
  // Processes of other users may be hidden (hidepid), which is no proof of death.
  if (status === null) return 'alive';
  if (identity.startedAtTicks !== '0' && identity.startedAtTicks !== status.startedAtTicks) return 'dead';
  return status.ended ? 'dead' : 'alive';
}

function worldOfThisProcess(): string {
  const boot = readFirst(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')) ?? machineFingerprint();
  // Start times are counted within a time namespace.
  return [boot.replaceAll(/[^0-9a-f-]/g, ''), namespaceNumber('pid'), namespaceNumber('time')].join('-');
}

/**
 * Stands in for the boot id on macOS. Host names repeat ("MacBook-Pro.local"), so the hardware addresses count too.
 * When the network changes between two processes they take each other for strangers, which costs a wait.
 */
function machineFingerprint(): string {
  const addresses = Object.values(readFirst(networkInterfaces) ?? {}).flatMap((list) => list ?? []);
  const hardware = [...new Set(addresses.map((address) => address.mac))].sort();
  return createHash('sha256')
    .update([hostname(), ...hardware].join('\n'))
    .digest('hex')
    .slice(0, 32);
}

function namespaceNumber(kind: 'pid' | 'time'): string {
  return /\d+/.exec(readFirst(() => readlinkSync(`/proc/self/ns/${kind}`)) ?? '')?.[0] ?? '0';
}

function ownStart(): string {
  const status = processStatus('self');
  // A /proc that was mounted in another pid namespace numbers processes differently and must not be asked.
  return status !== null && status.pid === process.pid ? status.startedAtTicks : '0';
}

/** From `/proc/<pid>/stat`, see proc_pid_stat(5). */
function processStatus(pid: string): { pid: number; ended: boolean; startedAtTicks: string } | null {
  const text = readFirst(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  if (text === null) return null;
  // The name of the program, field 2, is in parentheses and may hold blanks and parentheses itself.
  const fieldsFrom3 = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, threads, startedAtTicks] = [fieldsFrom3[0], fieldsFrom3[17], fieldsFrom3[19]];
  if (startedAtTicks === undefined) return null;
  // A killed process shows as a zombie as soon as its first thread has ended, while another thread may still be
  // inside a write to a slow disk. Only when that one is the last has everything ended.
  const ended = state === 'X' || (state === 'Z' && Number(threads) <= 1);
  return { pid: Number.parseInt(text, 10), ended, startedAtTicks };
}

function readFirst<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
