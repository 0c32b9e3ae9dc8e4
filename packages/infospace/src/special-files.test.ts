import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { neededBy, type Place, readersOf } from './testing/commands.js';
import { type FuzzWorkspace, fuzzWorkspace } from './testing/fuzz-workspace.js';
import { judge } from './testing/judge.js';
import type { Tree } from './testing/tree.js';
import { files, INFOSPACE, validWorkspace } from './testing/valid-workspace.js';

// What waits for a pipe or reads a hole of 256 MiB would take far longer.
const timeout = 10_000;
const MAX_BYTES = 256 * 1024 * 1024;

let valid: Tree;
let workspace: FuzzWorkspace;
beforeAll(async () => {
  valid = await validWorkspace();
  workspace = fuzzWorkspace();
});
afterAll(() => workspace.remove());

describe.each(Object.keys(files) as Place[])('where %s should be', { timeout }, (place) => {
  let path: string;
  beforeEach(() => {
    path = join(workspace.directory, files[place]);
    workspace.reset(valid);
    rmSync(path);
  });
  afterEach(() => rmSync(path, { recursive: true, force: true }));

  async function expectRefused(why: string, environment = false): Promise<void> {
    for (const command of readersOf(place)) {
      const { refusal } = await judge(command, workspace.directory, { file: path, environment });
      // What is the disk's fault may stop those too who could go on without the file.
      if (!environment && !neededBy[place].includes(command)) expect(refusal, command).toBeNull();
      if (neededBy[place].includes(command)) expect(refusal, command).toContain(why);
    }
  }

  it('a directory is refused', async () => {
    mkdirSync(path);
    // A directory that is named holds run records; this one holds none.
    if (place === 'namedRecord' || place === 'namedJsonRecord') return;
    await expectRefused('where a file should be');
  });

  it('a pipe that nobody writes to is refused at once', async () => {
    execFileSync('mkfifo', [path]);
    await expectRefused('where a file should be');
  });

  it('a socket is refused', async () => {
    const server = createServer().listen(path);
    await once(server, 'listening');
    await expectRefused('where a file should be').finally(() => server.close());
  });

  it('links that lead in a circle are refused', async () => {
    symlinkSync(basename(path), path);
    await expectRefused('lead in a circle', true);
  });

  it('a file beyond the size that is read is refused', async () => {
    writeFileSync(path, '');
    truncateSync(path, MAX_BYTES + 1);
    await expectRefused(`more than ${MAX_BYTES} are not read`);
  });

  it('a link that leads nowhere is refused, for who made it does not mean that there is nothing', async () => {
    symlinkSync('nowhere.yaml', path);
    await expectRefused('leads nowhere');
  });
});

it.each([
  ['output', 'recordNamed'],
  ['output/budget', 'recordNamed'],
  ['output/workflows', 'recordRun'],
  ['output/workflows/runs', 'recordRun'],
] as const)('%s that is a file is refused', async (name, command) => {
  const path = `${INFOSPACE}/${name}`;
  rmSync(join(workspace.directory, INFOSPACE), { recursive: true, force: true });
  workspace.reset({ [files.namedRecord]: valid[files.namedRecord] as string, [path]: 'in the way\n' });
  expect((await judge(command, workspace.directory, { file: name })).refusal).toMatch(/move/i);
  rmSync(join(workspace.directory, path));
});
