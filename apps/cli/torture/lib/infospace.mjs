import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { foreignEntry } from './records.mjs';

const slug = 'demo';

/** A workspace with one infospace, and where its files are. Nothing in it yet but its settings. */
export function makeInfospace(home, { retention = 0 } = {}) {
  const workspace = mkdtempSync(join(home, 'workspace-'));
  const infospace = join(workspace, 'infospaces', slug);
  const budgetDirectory = join(infospace, 'output', 'budget');
  write(join(infospace, 'budget.yaml'), `schema_version: 1\nretention: ${retention}\n`);
  return {
    slug,
    workspace,
    infospace,
    budgetDirectory,
    usage: join(budgetDirectory, 'usage.yaml'),
    plans: join(budgetDirectory, 'plans.yaml'),
    summary: join(budgetDirectory, 'summary.yaml'),
    report: join(infospace, 'reports', 'generation-summary.md'),
    recordFile: (id) => join(infospace, 'output', 'workflows', 'runs', `${id}.yaml`),
    planFile: (number) => join(infospace, 'plans', `${number}.json`),
  };
}

/** Writes a file with the directories that it needs. */
export function write(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** What others have left when our first command comes, and what each gives: the entries that are there already. */
export const starts = {
  /** Our first command creates everything. */
  nothing: async () => [],
  'emptied by hand': async ({ place }) => {
    write(place.usage, 'schema_version: 1\nruns: []\n');
    return [];
  },
  'by PyYAML': async ({ place, pyyaml }) => await writeForeign(place, pyyaml, {}),
  /** Rewritten whole by our first append. */
  'in flow style': async ({ place, pyyaml }) => await writeForeign(place, pyyaml, { default_flow_style: true }),
  /** A program in Python loaded what we wrote and wrote it back. */
  'ours, rewritten by PyYAML': async ({ place, pyyaml, earlier }) => {
    write(place.usage, await pyyaml.dump({ schema_version: 1, runs: earlier }));
    return earlier;
  },
};

async function writeForeign(place, pyyaml, options) {
  const runs = [1, 2, 3].map((index) =>
    foreignEntry(
      index,
      Array.from({ length: index }, (_, number) => `foreign-${index}-${number}`),
    ),
  );
  write(place.usage, await pyyaml.dump({ schema_version: 1, runs }, options));
  return runs;
}
