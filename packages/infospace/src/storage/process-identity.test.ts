import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIdentity, livenessOf, parseIdentity, thisProcess } from './process-identity.js';

const onLinux = process.platform === 'linux';

describe('the identity of a process', () => {
  it('survives being written into a file name, which stays short', () => {
    const name = formatIdentity(thisProcess());
    expect(parseIdentity(name)).toEqual(thisProcess());
    expect(name).toMatch(/^[0-9a-z.-]{1,100}$/);
  });

  it.each(['', 'free', '1.2', 'a.0.1', 'a.-1.1', 'a.1.', 'a.4294967297.1', 'a/b.1.1', 'A.1.1', 'a.1.1.1'])(
    'is not read from %j',
    (text) => {
      expect(parseIdentity(text)).toBeNull();
    },
  );

  it('is never made out of arbitrary text in a way that would not write back the same', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-z.-]{0,30}$/), (text) => {
        const identity = parseIdentity(text);
        expect(identity === null || formatIdentity(identity) === text).toBe(true);
      }),
    );
  });
});

describe('liveness', () => {
  it('of this process is alive', () => {
    expect(livenessOf(thisProcess())).toBe('alive');
  });

  it('of a process that was killed is dead', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    const identity = { ...thisProcess(), pid: child.pid as number, startedAtTicks: '0' };
    expect(livenessOf(identity)).toBe('alive');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(livenessOf(identity)).toBe('dead');
  });

  it.runIf(onLinux)('of a zombie is dead, though its process id is still taken', async () => {
    // The shell becomes a `sleep`, which does not collect its child.
    const parent = spawn('sh', ['-c', 'sleep 100 & echo $!; exec sleep 100']);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const zombie = { ...thisProcess(), pid: Number(line), startedAtTicks: '0' };
    await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n');
    expect(livenessOf(zombie)).toBe('alive');
    process.kill(zombie.pid, 'SIGKILL');
    await expect.poll(() => livenessOf(zombie)).toBe('dead');
    expect(process.kill(zombie.pid, 0)).toBe(true);
    parent.kill('SIGKILL');
  });

  it.runIf(onLinux)('of a process whose id was given to another is dead', () => {
    expect(livenessOf({ ...thisProcess(), startedAtTicks: '1' })).toBe('dead');
  });

  it('of a process of another boot, container or machine is unknown, whatever runs here under its id', () => {
    expect(livenessOf({ ...thisProcess(), world: 'elsewhere' })).toBe('unknown');
  });
});
