import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { copyInfospace, createInfospace, createWorkspace, recordHistory, usageFileOf } from './history.mjs';
import { tellProgress } from './print.mjs';
import { pyyamlUsage } from './pyyaml-usage.mjs';

const YESTERDAY = new Date(Date.now() - 86_400_000);
const DIFFERENT_INFOSPACES = 2;
// Further apart than any history is long, so that no two infospaces have a record in common.
const RECORDS_APART = 1_000_000;

/**
 * A workspace of files by the earlier tool: `{ workspace, rows, files, bytes, lines }`, where `rows` are what
 * `budget list` must say of it.
 */
export function writePyyamlWorkspace(workspace, { infospaces, runs }) {
  const written = { workspace, rows: [], files: [], bytes: 0, lines: 0 };
  for (const [index, slug] of names(infospaces).entries()) {
    const { text, row } = pyyamlUsage(index, runs);
    const file = usageFileOf(join(workspace, 'infospaces', slug));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    // A file of just now may be taken for one that somebody is still writing.
    utimesSync(file, YESTERDAY, YESTERDAY);
    written.rows.push({ slug, plans_count: 0, ...row });
    written.files.push(file);
    written.bytes += Buffer.byteLength(text);
    written.lines += text.split('\n').length - 1;
  }
  return written;
}

/**
 * Workspaces of files of ours, one for each number of runs in `sizes`, in ascending order: `[{ workspace, rows }]`. Two
 * infospaces are recorded by the library; all that are listed are copies of them.
 */
export async function recordWorkspaces(library, directory, { infospaces, sizes }) {
  const originals = join(directory, 'originals');
  const made = sizes.map((size) => ({ workspace: join(directory, `runs-${size}`), size, rows: [] }));
  for (const { workspace } of [{ workspace: originals }, ...made]) createWorkspace(workspace);
  for (let kind = 0; kind < DIFFERENT_INFOSPACES; kind += 1) {
    const original = join(originals, 'infospaces', `kind-${kind}`);
    await createInfospace(library, original);
    const first = kind * RECORDS_APART;
    const history = [];
    for (const { workspace, size, rows } of made) {
      history.push(...(await recordHistory(library, original, { from: first + history.length, to: first + size })));
      for (const slug of names(infospaces).filter((_, index) => index % DIFFERENT_INFOSPACES === kind)) {
        copyInfospace(original, join(workspace, 'infospaces', slug), { withRunRecords: false });
        rows.push({ slug, plans_count: 1, ...rowOf(history) });
      }
    }
    tellProgress(`${kind + 1} of ${DIFFERENT_INFOSPACES} infospaces recorded and copied`);
  }
  rmSync(originals, { recursive: true });
  return made.map(({ workspace, rows }) => ({ workspace, rows: rows.sort((a, b) => (a.slug < b.slug ? -1 : 1)) }));
}

function names(count) {
  return Array.from({ length: count }, (_, index) => `infospace-${String(index + 1).padStart(4, '0')}`);
}

/** The sum over single runs, and not what the last of them says of all. */
function rowOf(history) {
  const sum = (field) => Number(history.reduce((total, { rollup }) => total + BigInt(rollup[field] ?? 0), 0n));
  return {
    runs_count: history.length,
    total_tokens: sum('totalTokens'),
    cost_nano_usd_known: sum('costNanoUsdKnown'),
    cost_nano_usd_estimated: sum('costNanoUsdEstimated'),
    unpriced_calls: sum('unpricedCalls'),
    last_run_at: history.at(-1).completedAt,
  };
}
