import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { withLock } from './lock.js';
import { startHeartbeat } from './lock-silence.js';

const tortureDirectory = new URL('../../torture/', import.meta.url);
const STRANGER = 'held.another-machine.77.1234.00000000-0000-4000-8000-000000000000';

let bundles: string;
let bundled: string;
beforeAll(async () => {
  const { bundle } = await import(new URL('bundle.mjs', tortureDirectory).href);
  bundles = mkdtempSync(join(tmpdir(), 'lock-bundle-'));
  chmodSync(bundles, 0o755);
  bundled = await bundle('../src/storage/lock.ts', bundles);
}, 60_000);
afterAll(() => rmSync(bundles, { recursive: true }));

let home: string;
let lock: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lock-'));
  lock = join(home, '.lock');
});
afterEach(() => rmSync(home, { recursive: true }));

/** Another process that holds the lock until it is killed. */
async function otherHolder() {
  const program = `
    const { withLock } = await import(${JSON.stringify(bundled)});
    setInterval(() => {}, 1000);
    await withLock(${JSON.stringify(lock)}, () => new Promise(() => console.log('holding')));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

describe('the lock', () => {
  it('gives what the work returns and is free again', async () => {
    expect(await withLock(lock, () => 7)).toBe(7);
    expect(await withLock(lock, async () => 8)).toBe(8);
    expect(readdirSync(lock)).toEqual(['free']);
    expect(readdirSync(home)).toEqual(['.lock']);
  });

  it('passes on what the work throws and is free again', async () => {
    const mistake = new Error('of the work');
    const failing = withLock(lock, () => {
      throw mistake;
    });
    await expect(failing).rejects.toBe(mistake);
    expect(readdirSync(lock)).toEqual(['free']);
  });

  it('serves the calls of one process in order, however the path is spelled', async () => {
    const order: number[] = [];
    const spellings = [lock, join(home, 'x', '..', '.lock'), `${lock}/`];
    let inside = 0;
    const calls = Array.from({ length: 60 }, (_, index) =>
      withLock(spellings[index % 3] as string, async () => {
        expect(++inside).toBe(1);
        await pause(0);
        order.push(index);
        inside--;
      }),
    );
    await Promise.all(calls);
    expect(order).toEqual(order.map((_, index) => index));
  });

  it('gives up after the time-out, telling who holds it and what to do', async () => {
    const holder = await otherHolder();
    await expect(withLock(lock, () => 1, { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'lock_timeout',
      kind: 'environment',
      file: lock,
      message: expect.stringMatching(`^Waited 0.2 s for the lock .*, held by process ${holder.pid}. Run again when`),
    });
    await expect(withLock(lock, () => 1, { timeoutMs: 0 })).rejects.toThrow(/^Waited 0.0 s/);
    holder.kill('SIGKILL');
    expect(await withLock(lock, () => 1)).toBe(1);
  });

  it('is given up in the queue of one process without disturbing those behind', async () => {
    let finish = () => {};
    const first = withLock(lock, () => new Promise<void>((resolve) => (finish = resolve)));
    const second = withLock(lock, () => 2, { timeoutMs: 20 });
    const third = withLock(lock, () => 3);
    await expect(second).rejects.toThrow(/held by this very process \(calls do not nest\)/);
    finish();
    await first;
    expect(await third).toBe(3);
  });

  it('is taken over at once and silently from a process that was killed', async () => {
    const holder = await otherHolder();
    holder.kill('SIGKILL');
    const onWarning = vi.fn();
    expect(await withLock(lock, () => 1, { timeoutMs: 2_000, onWarning })).toBe(1);
    expect(onWarning).not.toHaveBeenCalled();
  });

  it('takes its own token again after it could not give it back', async () => {
    const onWarning = vi.fn();
    const result = await withLock(
      lock,
      () => {
        renameSync(lock, `${lock}.away`);
        writeFileSync(lock, 'in the way');
        return 'done';
      },
      { onWarning },
    );
    expect(result).toBe('done');
    expect(onWarning.mock.calls).toEqual([[expect.stringContaining('Could not give back the lock')]]);
    unlinkSync(lock);
    renameSync(`${lock}.away`, lock);
    expect(await withLock(lock, () => 'again', { timeoutMs: 100 })).toBe('again');
  });

  it('keeps the result when the lock was deleted meanwhile, and tells it even to a listener that throws', async () => {
    const onWarning = vi.fn(() => {
      throw new Error('of the listener');
    });
    expect(await withLock(lock, () => rmSync(lock, { recursive: true }), { onWarning })).toBeUndefined();
    expect(onWarning.mock.calls).toEqual([[expect.stringContaining('was deleted or taken over')]]);
    expect(await withLock(lock, () => 1)).toBe(1);
  });

  it('names the files that are in the way when there is no token', async () => {
    mkdirSync(lock);
    writeFileSync(join(lock, '.DS_Store'), '');
    await expect(withLock(lock, () => 1, { timeoutMs: 50 })).rejects.toThrow(/other files but no token/);
  });
});

describe('a holder that cannot be asked', () => {
  /** Forty times as fast as real time. */
  const fast = { nowMs: () => performance.now() * 40 };

  it('loses the lock after 30 s of silence, with a warning, even beyond the time-out', async () => {
    mkdirSync(lock);
    writeFileSync(join(lock, STRANGER), '');
    const onWarning = vi.fn();
    const started = fast.nowMs();
    await withLock(lock, () => {}, { clock: fast, timeoutMs: 5_000, onWarning });
    expect(fast.nowMs() - started).toBeGreaterThanOrEqual(30_000);
    expect(onWarning.mock.calls).toEqual([
      [expect.stringMatching(/over from process 77 of another machine, .* no sign of life for 30 s/)],
    ]);
    expect(readdirSync(lock)).toEqual(['free']);
  });

  it('keeps it as long as it gives signs of life', async () => {
    mkdirSync(lock);
    writeFileSync(join(lock, STRANGER), '');
    const life = setInterval(() => utimesSync(join(lock, STRANGER), new Date(), new Date()), 50);
    const waiting = withLock(lock, () => {}, { clock: fast, timeoutMs: 40_000 });
    await expect(waiting).rejects.toThrow(/held by process 77 of another machine, container or boot/);
    clearInterval(life);
    expect(readdirSync(lock)).toEqual([STRANGER]);
  });

  it('is not taken for silent while we were stopped ourselves', async () => {
    mkdirSync(lock);
    writeFileSync(join(lock, STRANGER), '');
    let jump = 0;
    const sleepy = { nowMs: () => performance.now() + jump };
    const waiting = withLock(lock, () => {}, { clock: sleepy, timeoutMs: 3_600_000 });
    await pause(30);
    jump = 3_500_000;
    await pause(60);
    expect(readdirSync(lock)).toEqual([STRANGER]);
    unlinkSync(join(lock, STRANGER));
    await waiting;
  });

  it('gives a sign of life every 5 s', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    mkdirSync(lock);
    writeFileSync(join(lock, 'held.mine'), '');
    utimesSync(join(lock, 'held.mine'), 0, 0);
    const stop = startHeartbeat(lock, 'held.mine');
    vi.advanceTimersByTime(4_999);
    expect(statSync(join(lock, 'held.mine')).mtimeMs).toBe(0);
    vi.advanceTimersByTime(1);
    expect(Date.now() - statSync(join(lock, 'held.mine')).mtimeMs).toBeLessThan(60_000);
    stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
});

describe('a lock that cannot be used', () => {
  it('because a file is in its place', async () => {
    writeFileSync(lock, '');
    await expect(withLock(lock, () => 1)).rejects.toMatchObject({
      code: 'lock_unavailable',
      kind: 'environment',
      message: `Cannot use the lock ${lock}: a part of its path is a file where a directory should be; move that file away.`,
    });
  });

  it('because the directory around it is missing', async () => {
    const nowhere = join(home, 'missing', '.lock');
    await expect(withLock(nowhere, () => 1)).rejects.toMatchObject({ code: 'lock_unavailable', file: nowhere });
  });

  it('because permission is missing', async () => {
    chmodSync(home, 0o555);
    const program = `
      const { withLock } = await import(${JSON.stringify(bundled)});
      await withLock(${JSON.stringify(lock)}, () => 1).catch((error) => console.log(error.code, error.message));`;
    // Permissions do not bind root.
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { ...nobody, cwd: '/' });
    const [output] = (await once(child.stdout, 'data')) as [Buffer];
    expect(String(output)).toMatch(/^lock_unavailable Cannot use the lock .*: permission is denied; check who owns it/);
    chmodSync(home, 0o755);
  });
});

describe('eight processes', () => {
  // `torture/lock.mjs --rounds 2000 --seconds 60` is the long form.
  it('never hold the lock at once, over stale, missing, empty and doubled locks and under kills', async () => {
    const program = fileURLToPath(new URL('lock.mjs', tortureDirectory));
    const torture = spawn(process.execPath, [program, '--rounds', '25', '--seconds', '2', '--bundle', bundled]);
    let output = '';
    torture.stdout.on('data', (chunk) => (output += chunk));
    torture.stderr.on('data', (chunk) => (output += chunk));
    const [code] = await once(torture, 'exit');
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('"phase":"random kills"') });
    for (const line of output.trim().split('\n').slice(1)) {
      const faults = { doubleHolders: 0, lostCounts: 0, wrongTokens: 0, failures: [], warnings: [] };
      expect(JSON.parse(line)).toMatchObject(faults);
    }
  }, 60_000);
});
