import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { collectRunRecords, runRecordsIn } from './collect-run-records.js';
import { readRunRecords } from './read-run-records.js';
import { temporaryDirectory, write } from './testing/temporary.js';

let home: string;
const at = (name: string): string => join(home, name);

beforeEach(() => {
  home = temporaryDirectory();
  for (const name of ['b.yaml', 'a.json', '.hidden.yaml', 'notes.txt']) write(home, name, '{}');
});

const leadsNowhere = {
  code: 'not_a_file',
  kind: 'input',
  message: expect.stringContaining('c.yaml: this link leads nowhere'),
};

describe('the run records', () => {
  it('of a directory are its YAML and JSON files by name; of one that is not there, none', () => {
    expect(runRecordsIn(home)).toEqual([at('a.json'), at('b.yaml')]);
    expect(runRecordsIn(at('missing'))).toEqual([]);
    symlinkSync('not-mounted', at('linked'));
    const message = `${at('linked')}: this link leads nowhere. Mend or remove the link and run again.`;
    expect(() => runRecordsIn(at('linked'))).toThrow(message);
    expect(() => runRecordsIn(at('linked/runs'))).toThrow(/linked, which is on the way to it, leads nowhere/);
  });

  it('that are named come in that order, each once', async () => {
    expect(await collectRunRecords(['b.yaml', '.', '*.json'], home)).toEqual([at('b.yaml'), at('a.json')]);
    await expect(collectRunRecords(['x*.yaml'], home)).rejects.toMatchObject({
      code: 'runs_not_found',
      file: 'x*.yaml',
    });
  });

  it('must not be links that lead nowhere: their runs would be left out', async () => {
    symlinkSync('nowhere.yaml', at('c.yaml'));
    const isKnown = () => false;
    await expect(readRunRecords({}, home, isKnown)).rejects.toMatchObject(leadsNowhere);
    await expect(readRunRecords({ runs: ['.'], directory: home }, '', isKnown)).rejects.toMatchObject(leadsNowhere);
    await expect(readRunRecords({ runs: ['c.yaml'], directory: home }, '', isKnown)).rejects.toMatchObject(
      leadsNowhere,
    );
  });

  it.each([
    [
      'twice.yaml',
      'run_id: r\nstages:\n- stage_id: a\nstages:\n- stage_id: b\n',
      'twice.yaml:2: stages stands 2 times',
    ],
    [
      'twice.json',
      '{"run_id": "r",\n "stages": [1],\n "stages": [2]}',
      'twice.json:3: not readable as JSON: stages stands twice',
    ],
  ])(
    'must not have their stages twice, of which only the last would be counted: %s',
    async (name, content, message) => {
      write(home, name, content);
      const read = readRunRecords({ runs: [name], directory: home }, '', () => false);
      await expect(read).rejects.toMatchObject({ code: 'file_corrupt', message: expect.stringContaining(message) });
    },
  );

  it('may have other stages inside, in JSON without indentation too', async () => {
    write(home, 'flat.json', '{\n"run_id": "r",\n"plan": {\n"stages": [1]\n},\n"stages": []\n}');
    const { workflows } = await readRunRecords({ runs: ['flat.json'], directory: home }, '', () => false);
    expect(workflows).toMatchObject([{ workflowRunId: 'r', stages: [] }]);
  });

  it('behind links in a circle, or in the place of whose directory a file is, are errors with a code', async () => {
    symlinkSync('circle', at('circle'));
    const circle = { code: 'file_unreadable', kind: 'environment', file: at('circle') };
    expect(() => runRecordsIn(at('circle'))).toThrow(expect.objectContaining(circle));
    await expect(collectRunRecords(['circle'], home)).rejects.toMatchObject(circle);
    expect(() => runRecordsIn(at('notes.txt'))).toThrow(expect.objectContaining({ code: 'not_a_directory' }));
  });

  it('may be links to records', () => {
    mkdirSync(at('runs'));
    symlinkSync('../b.yaml', at('runs/linked.yaml'));
    expect(runRecordsIn(at('runs'))).toEqual([at('runs/linked.yaml')]);
  });
});
