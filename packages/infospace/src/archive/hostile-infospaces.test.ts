import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory, write } from '../testing/temporary.js';
import { createArchive } from './index.js';

let home: string;
let project: string;
const at = (name: string): string => join(project, name);

beforeEach(() => {
  home = temporaryDirectory();
  project = join(home, 'demo');
  write(project, 'a.txt', 'first\n');
  write(project, 'b/c.txt', 'second\n'.repeat(100));
  write(home, 'secret.txt', 'not yours\n');
});

/** Refused with one error that names the file; and no archive, no sidecar and no temporary file is there. */
async function expectRefused(code: string, kind: string, file: string, why: string): Promise<void> {
  const refused = createArchive({ infospace: project, to: join(home, 'out') });
  await expect(refused).rejects.toMatchObject({ code, kind, file, message: expect.stringContaining(why) });
  expect(readdirSync(join(home, 'out'))).toEqual([]);
}

const refuseKind = (file: string, why: string): Promise<void> => expectRefused('not_archivable', 'input', file, why);

describe('an infospace', () => {
  it.each(['../secret.txt', '/etc/passwd', 'a.txt', '..', 'nowhere', 'link'])(
    'with a symbolic link to %s is refused, wherever it leads',
    async (to) => {
      symlinkSync(to, at('b/link'));
      await refuseKind(at('b/link'), 'this is a symbolic link');
    },
  );

  it('with a pipe or a socket is refused, without waiting for it', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    await refuseKind(at('pipe'), 'this is a pipe');
    rmSync(at('pipe'));
    const server = createServer().listen(at('socket'));
    await once(server, 'listening');
    await refuseKind(at('socket'), 'this is a socket').finally(() => server.close());
  });

  it.each([
    ['README', 'readme'],
    ['caf\u00e9', 'cafe\u0301'],
    ['Dir/x', 'dir/y'],
  ])('with both %j and %j is refused', async (one, two) => {
    write(project, one, '1');
    write(project, two, '2');
    // Where the file system does not tell them apart there is one file, and nothing to refuse.
    if (readdirSync(project).length < 4) return;
    const [, second = ''] = [at(one), at(two)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    await refuseKind(second, 'where case or accents do not count');
  });

  it.each([
    ['back\\slash', 'backslash'],
    ['new\nline', 'control characters'],
    ['C:drive', 'like a drive'],
  ])('with the name %j is refused', async (name, why) => {
    write(project, name, 'x');
    await refuseKind(at(name), why);
  });

  it('with a name that is not UTF-8 is refused', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${project}/`), Buffer.from([0x66, 0xfc, 0x72])]), 'x');
    await refuseKind(at('f\ufffdr'), 'is not UTF-8');
  });

  it('with links in what is left out is not refused', async () => {
    mkdirSync(at('node_modules/.bin'), { recursive: true });
    symlinkSync('/etc/passwd', at('node_modules/.bin/tool'));
    const { manifest } = await createArchive({ infospace: project, to: join(home, 'out') });
    expect(manifest.files.count).toBe(2);
  });

  it('may itself be reached through a link', async () => {
    symlinkSync('demo', join(home, 'linked'));
    const { manifest } = await createArchive({ infospace: join(home, 'linked'), to: join(home, 'out') });
    expect(manifest).toMatchObject({ slug: 'linked', files: { count: 2 } });
  });
});

describe('an infospace that changes while it is archived', () => {
  const changes: [string, () => void][] = [
    ['grows', () => appendFileSync(at('b/c.txt'), 'more\n')],
    ['is cut off', () => truncateSync(at('b/c.txt'), 3)],
    ['is written over', () => writeFileSync(at('b/c.txt'), 'SECOND\n'.repeat(100))],
    ['is gone', () => rmSync(at('b/c.txt'))],
    ['becomes a link to a file outside', () => replaceBy(() => symlinkSync('../../secret.txt', at('b/c.txt')))],
    [
      'becomes a link to an equal file',
      () => replaceBy(() => symlinkSync(write(home, 'equal', 'second\n'.repeat(100)), at('b/c.txt'))),
    ],
    ['becomes a directory', () => replaceBy(() => mkdirSync(at('b/c.txt')))],
    ['becomes a pipe', () => replaceBy(() => execFileSync('mkfifo', [at('b/c.txt')]))],
  ];

  function replaceBy(make: () => void): void {
    rmSync(at('b/c.txt'));
    make();
  }

  it.each(changes)('is refused when a file %s', async (_, change) => {
    let isChanged = false;
    const onProgress = ({ phase }: { phase: string }): void => {
      if (phase !== 'writing' || isChanged) return;
      isChanged = true;
      change();
    };
    const refused = createArchive({ infospace: project, to: join(home, 'out'), onProgress });
    await expect(refused).rejects.toMatchObject({ code: 'file_changed', kind: 'environment', file: at('b/c.txt') });
    expect(readdirSync(join(home, 'out'))).toEqual([]);
  });
});
