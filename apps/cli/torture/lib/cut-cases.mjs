import { readFileSync } from 'node:fs';
import { makeInfospace, write } from './infospace.mjs';
import { foreignEntry, runRecordText } from './records.mjs';

/** The files whose last entry is cut, by how they came to be. Each gives the text of `usage.yaml`. */
const makers = {
  ours: async (make) => await make.ours(3),
  'ours, the only entry': async (make) => await make.ours(1),
  'ours, indented by an editor': async (make) => {
    const text = await make.ours(2);
    const head = text.indexOf('- run_index');
    return text.slice(0, head) + text.slice(head).replace(/^(?=.)/gm, '  ');
  },
  'by PyYAML': async (make) => await make.foreign(3),
  'by PyYAML, the last one ours': async (make) => {
    write(make.place.usage, await make.foreign(2));
    return await make.ours(1);
  },
  'ours, rewritten by PyYAML': async (make) => {
    const { value } = await make.pyyaml.load(await make.ours(3));
    return await make.pyyaml.dump(value);
  },
};

export const cutCases = Object.keys(makers);

/**
 * Makes one of the files with the command.
 *
 * @returns `place`; `bytes` of the file; `start`, where its last entry begins; `summary`, the file's text as it was when
 * that entry was not yet there, as a crash leaves it; and all `entries`.
 */
export async function makeCutCase(name, { home, pyyaml, record }) {
  const place = makeInfospace(home);
  let summary = null;
  const foreign = async (count) => {
    const runs = Array.from({ length: count }, (_, index) => foreignEntry(index + 1, [`foreign-${index + 1}`]));
    return await pyyaml.dump({ schema_version: 1, runs });
  };
  const ours = async (count) => {
    for (let number = 1; number <= count; number++) {
      summary = textOrNull(place.summary);
      await record(place, JSON.parse(runRecordText(`ours-${number}`, 1 + (number === count))));
    }
    return readFileSync(place.usage, 'utf8');
  };
  const text = await makers[name]({ place, pyyaml, foreign, ours });
  write(place.usage, text);
  const { value } = await pyyaml.load(text);
  const bytes = Buffer.from(text);
  return { name, place, bytes, start: lastEntryStart(bytes), summary, entries: value.runs };
}

function lastEntryStart(bytes) {
  return bytes.lastIndexOf('\n', bytes.lastIndexOf('- run_index')) + 1;
}

function textOrNull(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
