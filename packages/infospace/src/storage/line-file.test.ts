import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../testing/temporary.js';
import { openLineFile } from './line-file.js';
import { wholeLines } from './whole-lines.js';

let file: string;
beforeEach(() => {
  file = join(temporaryDirectory(), 'lines.jsonl');
});

describe('a file of lines', () => {
  it('has each line as soon as it was given, before anything is awaited', async () => {
    const lines = openLineFile(file);
    const first = lines.append('one\n');
    expect(readFileSync(file, 'utf8')).toBe('one\n');
    const second = lines.append('two\n');
    expect([...wholeLines(file)]).toEqual(['one', 'two']);
    await Promise.all([first, second]);
    await lines.close();
  });

  it.each(['', 'x', 'a\n', 'a\nb', 'a\n\0\0\0', `a\n${'b'.repeat(200_000)}`])(
    'is continued after its last whole line: %#',
    async (before) => {
      writeFileSync(file, before);
      const lines = openLineFile(file);
      await lines.append('new\n');
      await lines.close();
      expect(readFileSync(file, 'utf8')).toBe(`${before.startsWith('a\n') ? 'a\n' : ''}new\n`);
    },
  );

  it('is no directory', () => {
    mkdirSync(file);
    expect(() => openLineFile(file)).toThrow(expect.objectContaining({ code: 'not_a_file', kind: 'input' }));
  });

  // A full disk cannot be had without being root; a limit on the size of a file takes the same way.
  it.runIf(process.platform === 'linux')(
    'takes a line back that does not fit on the disk, and writes it as soon as there is room',
    async () => {
      const { bundle } = await import(new URL('../../torture/bundle.mjs', import.meta.url).href);
      const bundled = await bundle('../src/storage/line-file.ts', join(file, '..'));
      const program = `
      const { openLineFile } = await import(${JSON.stringify(bundled)});
      const lines = openLineFile(${JSON.stringify(file)});
      const tell = ({ code, kind, message }) => console.log(JSON.stringify({ code, kind, message }));
      await lines.append('1'.repeat(5_000) + '\\n').catch(tell);
      await lines.append('2'.repeat(5_000) + '\\n').catch(tell);
      await new Promise((resolve) => process.stdin.once('data', resolve));
      await lines.append('3'.repeat(5_000) + '\\n').catch(tell);
      await lines.close();
      console.log('closed');`;
      // Soft, so that it can be lifted.
      const limited = spawn('sh', [
        '-c',
        'ulimit -S -f 16; exec "$0" --input-type=module -e "$1"',
        process.execPath,
        program,
      ]);
      const output = createInterface({ input: limited.stdout })[Symbol.asyncIterator]();
      expect(JSON.parse((await output.next()).value)).toEqual({
        code: 'disk_full',
        kind: 'environment',
        message: `Cannot write ${file}: the limit on the size of a file is reached; raise it (\`ulimit -f\`) and run again. The run goes on, and what could not be written is tried again with the next call.`,
      });
      expect(readFileSync(file, 'utf8')).toBe(`${'1'.repeat(5_000)}\n`);
      execFileSync('prlimit', ['--pid', String(limited.pid), '--fsize=unlimited:unlimited']);
      limited.stdin.end('go on\n');
      expect((await output.next()).value).toBe('closed');
      await once(limited, 'exit');
      expect([...wholeLines(file)].map((line) => `${line[0]}${line.length}`)).toEqual(['15000', '25000', '35000']);
    },
    60_000,
  );
});

describe('the whole lines of a file', () => {
  it('are none of a file that is not there', () => {
    expect([...wholeLines(file)]).toEqual([]);
  });

  it('come one by one, over the borders of blocks, without an unfinished one', () => {
    const lines = Array.from({ length: 500 }, (_, index) => 'ü'.repeat(index * 7));
    writeFileSync(file, `${lines.join('\n')}\nunfinished`);
    expect([...wholeLines(file)]).toEqual(lines);
  });

  it('are empty beyond a length, so that no memory is used up', () => {
    writeFileSync(file, `a\n${'b'.repeat(3_000_000)}\nc\n`);
    expect([...wholeLines(file)]).toEqual(['a', '', 'c']);
  });

  it('close their file when only some are wanted', () => {
    writeFileSync(file, 'a\nb\n');
    for (let round = 0; round < 3000; round++) for (const line of wholeLines(file)) if (line === 'a') break;
  });
});
