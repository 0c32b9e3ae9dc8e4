import { basename, dirname, join, resolve } from 'node:path';
import { CodedError } from '@budget/core';
import { isDanglingLink, isDirectory, isFile, kindOfPath } from './storage/files.js';

/** Where the files of one infospace are. */
export interface InfospacePaths {
  /** The infospace's root, absolute. */
  readonly root: string;
  /** The directory's name. */
  readonly slug: string;
  readonly settings: string;
  readonly budgetDirectory: string;
  readonly plans: string;
  readonly usage: string;
  readonly summary: string;
  readonly settingsSchema: string;
  readonly lock: string;
  readonly runRecords: string;
  /** Which workflow runs are recorded; disposable. */
  readonly workflowIndex: string;
  /** Which files of run records hold nothing new; disposable. */
  readonly recordIndex: string;
  /** A directory for each metered run. */
  readonly meteredRuns: string;
  readonly report: string;
}

export function infospacePaths(root: string): InfospacePaths {
  const absolute = resolve(root);
  const budgetDirectory = join(absolute, 'output', 'budget');
  return {
    root: absolute,
    slug: basename(absolute),
    settings: join(absolute, 'budget.yaml'),
    budgetDirectory,
    plans: join(budgetDirectory, 'plans.yaml'),
    usage: join(budgetDirectory, 'usage.yaml'),
    summary: join(budgetDirectory, 'summary.yaml'),
    settingsSchema: join(budgetDirectory, 'budget.schema.json'),
    lock: join(budgetDirectory, '.lock'),
    runRecords: join(absolute, 'output', 'workflows', 'runs'),
    workflowIndex: join(budgetDirectory, '.index-workflows'),
    recordIndex: join(budgetDirectory, '.index-records'),
    meteredRuns: join(budgetDirectory, 'runs'),
    report: join(absolute, 'reports', 'generation-summary.md'),
  };
}

/**
 * For those who only look: a directory that is not there is a slip of the pen.
 *
 * @throws CodedError `infospace_not_found` (kind `input`); `file_unreadable` (kind `environment`) for one that is there
 * and may not be looked at.
 */
export function existingInfospace(root: string): InfospacePaths {
  const paths = infospacePaths(root);
  if (kindOfPath(paths.root) === 'directory') return paths;
  throw new CodedError({
    code: 'infospace_not_found',
    kind: 'input',
    file: paths.root,
    message: `${paths.root}: there is no such directory. An infospace is a project's directory with output/budget/.`,
  });
}

/**
 * A workspace that somebody named, absolute: one that is not there has other prices than was meant.
 *
 * @throws CodedError `workspace_not_found` (kind `input`); `file_unreadable` (kind `environment`).
 */
export function existingWorkspace(workspace: string): string {
  const root = resolve(workspace);
  if (kindOfPath(root) === 'directory') return root;
  throw new CodedError({
    code: 'workspace_not_found',
    kind: 'input',
    file: root,
    message: `${root}: there is no such directory. A workspace is the directory that holds infospaces/ and model-rates.yaml.`,
  });
}

/**
 * Whether a directory has a `budget.yaml` or an `output/budget/`. A link that leads nowhere counts as either: read, it is
 * an error, and passed over, it would be an infospace without limits.
 */
export function isInfospace(directory: string): boolean {
  const { settings, budgetDirectory } = infospacePaths(directory);
  return (
    isFile(settings) || isDirectory(budgetDirectory) || isDanglingLink(settings) || isDanglingLink(budgetDirectory)
  );
}

/** The nearest infospace upward from `start`, or `null`. */
export function findInfospace(start: string): string | null {
  for (let directory = resolve(start); ; directory = dirname(directory)) {
    if (isInfospace(directory)) return directory;
    if (dirname(directory) === directory) return null;
  }
}

/** Two levels above `…/infospaces/<slug>`, else the infospace itself. */
export function workspaceOf(root: string): string {
  const absolute = resolve(root);
  const parent = dirname(absolute);
  return basename(parent) === 'infospaces' ? dirname(parent) : absolute;
}
