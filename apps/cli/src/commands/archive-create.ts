import { resolve } from 'node:path';
import { CodedError } from '@budget/core';
import { createArchive } from '@budget/infospace/archive';
import { archiveProgress } from '../archive-progress.js';
import { chooseInfospace } from '../choose-infospace.js';
import { type CommandResult, text } from '../command-result.js';
import { runReporter } from '../compose.js';
import { recoveredRuns } from '../recovered-runs.js';
import { counted, countText } from '../render/amounts.js';
import { archiveCostText } from '../render/archive-texts.js';
import type { Terminal } from '../terminal.js';

export interface ArchiveCreateOptions {
  readonly to?: string;
  readonly include?: readonly string[];
}

const MOST_NAMED = 10;

/** Puts an infospace away, with what it cost. */
export async function archiveCreate(
  infospace: string | undefined,
  options: ArchiveCreateOptions,
  terminal: Terminal,
): Promise<CommandResult> {
  const { directory, environment } = terminal;
  const root = chooseInfospace(infospace, directory);
  const sourceDateEpochS = sourceDateEpoch(environment['SOURCE_DATE_EPOCH']);
  const recovered = await recoveredRuns(root, terminal, runReporter(root, terminal).announceOthers);
  const progress = archiveProgress(terminal.stderr);
  const { archive, sidecar, state, manifest, seal, ...created } = await progress.during((onProgress) =>
    createArchive({
      infospace: root,
      to: resolve(directory, options.to ?? '.'),
      include: options.include,
      sourceDateEpochS,
      onProgress,
    }),
  );
  const warnings = [...recovered, ...created.warnings];
  const { leftOut, leftOutCount } = created;
  const named = leftOut.slice(0, MOST_NAMED).join(', ') + (leftOutCount > MOST_NAMED ? ', …' : '');
  return {
    value: {
      archive,
      sidecar,
      state,
      verified: true,
      sha256: seal.sha256,
      bytes: seal.bytes,
      manifest,
      left_out_count: leftOutCount,
      left_out: leftOut,
      warnings,
    },
    warnings,
    view: () => [
      text(
        [
          state === 'created'
            ? `Archived ${manifest.slug} in ${archive}.`
            : `${archive} is there already, byte for byte.`,
          `${counted(manifest.files.count, 'file')}, ${countText(manifest.files.bytes)} bytes, ${countText(seal.bytes)} compressed; read back and compared.`,
          `Cost: ${archiveCostText(manifest)}`,
          ...(leftOutCount === 0 ? [] : [`Left out: ${named}. What you want in it all the same, name with --include.`]),
        ].join('\n'),
      ),
    ],
  };
}

/** The reproducible-builds.org convention. */
function sourceDateEpoch(given: string | undefined): number | undefined {
  if (given === undefined || given === '') return undefined;
  const seconds = Number(given);
  // As far as the header of a tar goes.
  if (/^\d+$/.test(given) && seconds <= 0o77777777777) return seconds;
  const message = `SOURCE_DATE_EPOCH is ${JSON.stringify(given)}, and must be a whole number of seconds since 1970. Mend or unset it.`;
  throw new CodedError({ code: 'source_date_epoch_invalid', kind: 'usage', message });
}
