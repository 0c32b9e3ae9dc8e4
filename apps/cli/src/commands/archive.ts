import { resolve } from 'node:path';
import { CodedError } from '@budget/core';
import { listArchives, showArchive, type VerifiedArchive, verifyArchive } from '@budget/infospace/archive';
import { archiveProgress } from '../archive-progress.js';
import { type CommandResult, text } from '../command-result.js';
import { exitCodes } from '../exit-code.js';
import { counted, countText } from '../render/amounts.js';
import { archiveCostText, costFields, runsText, tokensText } from '../render/archive-texts.js';
import type { Terminal } from '../terminal.js';

/** Reads archives to their end and compares all that is in them. One that is broken does not hide the others. */
export async function archiveVerify(archives: readonly string[], terminal: Terminal): Promise<CommandResult> {
  const progress = archiveProgress(terminal.stderr);
  const rows: VerifyRow[] = [];
  let exitCode = 0;
  for (const given of archives) {
    const archive = resolve(terminal.directory, given);
    try {
      const verified = await progress.during((onProgress) => verifyArchive(archive, { onProgress }));
      rows.push({ archive, verified, error: null });
    } catch (error) {
      if (!CodedError.isInstance(error)) throw error;
      rows.push({ archive, verified: null, error });
      exitCode = Math.max(exitCode, exitCodes[error.kind]);
    }
  }
  return {
    value: rows.map(verifyFields),
    warnings: rows.flatMap(remarksOn),
    exitCode,
    view: () => [
      {
        kind: 'table',
        columns: [
          { name: 'archive' },
          { name: 'state' },
          { name: 'files', align: 'right' },
          { name: 'bytes', align: 'right' },
          { name: 'sidecar' },
        ],
        rows: rows.map(({ archive, verified }) => [
          archive,
          verified === null ? 'broken' : 'whole',
          verified === null ? '–' : countText(verified.manifest.files.count),
          verified === null ? '–' : countText(verified.manifest.files.bytes),
          verified?.sidecar ?? '–',
        ]),
      },
    ],
  };
}

interface VerifyRow {
  readonly archive: string;
  readonly verified: VerifiedArchive | null;
  readonly error: CodedError | null;
}

function verifyFields({ archive, verified, error }: VerifyRow): Record<string, unknown> {
  return {
    archive,
    state: verified === null ? 'broken' : 'whole',
    slug: verified?.manifest.slug ?? null,
    files: verified?.manifest.files.count ?? null,
    bytes: verified?.manifest.files.bytes ?? null,
    sha256: verified?.seal.sha256 ?? null,
    sidecar: verified?.sidecar ?? null,
    code: error?.code ?? null,
    error: error?.message ?? null,
  };
}

function remarksOn({ archive, verified, error }: VerifyRow): string[] {
  if (error !== null) return [error.message];
  if (verified?.sidecar !== 'missing') return [];
  return [`${archive}: it has no sidecar, so a changed byte outside of its content would go unseen.`];
}

/** What an archive says of itself, without unpacking it. */
export async function archiveShow(archive: string, directory: string): Promise<CommandResult> {
  const { manifest, bytes, from, sha256, warnings } = await showArchive(resolve(directory, archive));
  const summary = manifest.metadata.budget_summary;
  return {
    value: { archive: resolve(directory, archive), bytes, sha256, from, manifest, warnings },
    warnings,
    view: () => [
      {
        kind: 'fields',
        fields: [
          ['infospace', manifest.slug],
          ['created', manifest.created_at],
          [
            'files',
            `${countText(manifest.files.count)}, ${countText(manifest.files.bytes)} bytes, ${countText(bytes)} compressed`,
          ],
          ['plans', summary === undefined ? '–' : countText(summary.plans_count)],
          ['runs', runsText(manifest)],
          ['tokens', tokensText(manifest)],
          ['cost', archiveCostText(manifest)],
          ['read in', from === 'sidecar' ? 'the sidecar' : 'the head of the archive'],
        ],
      },
      ...(summary === undefined || summary.by_model.length === 0
        ? []
        : [
            {
              kind: 'table' as const,
              columns: [
                { name: 'model' },
                { name: 'calls', align: 'right' as const },
                { name: 'tokens', align: 'right' as const },
                { name: 'cost', align: 'right' as const },
              ],
              rows: summary.by_model.map((use) => [
                use.model === null
                  ? counted(use.other_models ?? 0, 'other model')
                  : `${use.provider} ${use.model}`.trim(),
                countText(use.calls),
                countText(use.total_tokens),
                costFields(use),
              ]),
            },
          ]),
    ],
  };
}

/** The archives of a directory and what each project cost. */
export async function archiveList(archives: string, directory: string): Promise<CommandResult> {
  const rows = await listArchives(resolve(directory, archives));
  return {
    value: rows.map(({ name, shown, error }) => {
      const summary = shown?.manifest.metadata.budget_summary;
      return {
        archive: name,
        slug: shown?.manifest.slug ?? null,
        created_at: shown?.manifest.created_at ?? null,
        bytes: shown?.bytes ?? null,
        files: shown?.manifest.files.count ?? null,
        plans_count: summary?.plans_count ?? null,
        runs_count: summary?.runs_count ?? null,
        total_tokens: summary?.total_tokens ?? null,
        total_cost_usd_known: summary?.total_cost_usd_known ?? null,
        total_cost_usd_estimated: summary?.total_cost_usd_estimated ?? null,
        cost_nano_usd_known: summary?.cost_nano_usd_known ?? null,
        cost_nano_usd_estimated: summary?.cost_nano_usd_estimated ?? null,
        unpriced_calls: summary?.unpriced_calls ?? null,
        last_run_at: summary?.last_run_at ?? null,
        from: shown?.from ?? null,
        warnings: shown?.warnings ?? [],
        error,
      };
    }),
    warnings: rows.flatMap(({ shown, error }) => [...(error === null ? [] : [error]), ...(shown?.warnings ?? [])]),
    view: () =>
      rows.length === 0
        ? [text('No archives: this directory has no files named …tar.gz.')]
        : [
            {
              kind: 'table',
              columns: [
                { name: 'archive' },
                { name: 'runs', align: 'right' },
                { name: 'tokens', align: 'right' },
                { name: 'cost', align: 'right' },
                { name: 'last run' },
              ],
              rows: rows.map(({ name, shown }) =>
                shown === null
                  ? [name, '–', '–', '–', 'cannot be read']
                  : [
                      name,
                      runsText(shown.manifest),
                      tokensText(shown.manifest),
                      archiveCostText(shown.manifest),
                      shown.manifest.metadata.budget_summary?.last_run_at ?? '–',
                    ],
              ),
            },
          ],
  };
}
