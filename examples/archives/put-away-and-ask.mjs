// Two finished projects are put away; later somebody asks what they cost, and whether the archives are still whole.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { CodedError, formatUsd, recordRun } from '@budget/infospace';
import { createArchive, listArchives, verifyArchive } from '@budget/infospace/archive';

const workspace = await mkdtemp(join(tmpdir(), 'budget-example-'));
const archives = join(workspace, 'archives');

// What the providers answered. The price of the second model is known to nobody.
const answers = {
  handbook: {
    provider: 'openai',
    metadata: { model: 'gpt-5-mini', usage: { prompt_tokens: 1200, completion_tokens: 340 } },
  },
  experiment: { provider: 'acme', metadata: { model: 'acme-1', usage: { prompt_tokens: 500, completion_tokens: 80 } } },
};

for (const [slug, answer] of Object.entries(answers)) {
  const infospace = join(workspace, 'infospaces', slug);
  await mkdir(infospace, { recursive: true });
  await writeFile(join(infospace, 'result.md'), `What came out of ${slug}.\n`);
  await writeFile(join(infospace, '.env'), 'A_KEY=which-stays-here\n');
  await recordRun({
    infospace,
    records: [{ run_id: `${slug}-1`, workflow_id: 'write', stages: [{ stage_id: 'draft', ...answer }] }],
    clock: { nowMs: () => Date.UTC(2026, 10, 22, 12) },
  });

  const { archive, leftOut, manifest } = await createArchive({ infospace, to: archives });
  console.log(`${basename(archive)}: ${manifest.files.count} files, without ${leftOut.join(', ')}`);
  // Whoever trusts the archive needs the project no more.
  await rm(infospace, { recursive: true });
}

// Of each archive at most 64 KiB are read, however large it is.
for (const { shown } of await listArchives(archives)) {
  const summary = shown?.manifest.metadata.budget_summary;
  if (shown === null || summary === undefined) continue;
  const cost = BigInt(summary.cost_nano_usd_known) + BigInt(summary.cost_nano_usd_estimated);
  const atLeast = summary.unpriced_calls > 0 ? 'at least ' : '';
  console.log(`${shown.manifest.slug}: ${summary.total_tokens} tokens, ${atLeast}$${formatUsd(cost)}`);
}

// One byte of one archive changes.
for (const { name, shown } of await listArchives(archives)) {
  if (shown?.manifest.slug !== 'experiment') continue;
  const bytes = await readFile(shown.archive);
  bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 1;
  await writeFile(join(archives, name), bytes);
}
for (const { name } of await listArchives(archives)) {
  try {
    await verifyArchive(join(archives, name));
    console.log(`${name} is whole.`);
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    console.log(`${name}: ${error.code}`);
  }
}
console.log(`Archives: ${archives}`);
