import { join } from 'node:path';
import { userDirectory } from '@budget/core';
import {
  type AnnounceRun,
  type InfospaceContents,
  infospacePaths,
  type LiveLimits,
  readInfospace,
  readLiveLimits,
} from '@budget/infospace';
import { applicationOf } from '../application.js';
import type { Terminal } from '../terminal.js';

/** Where a run belongs and what is known there before it begins. */
export interface RunPlace {
  /** `null`: to none. */
  readonly infospace: PlaceInInfospace | null;
  /** Where its calls are written down. */
  readonly directory: string;
  /** Who is observed. */
  readonly application: string;
}

export interface PlaceInInfospace {
  readonly root: string;
  readonly limits: LiveLimits;
  readonly contents: InfospaceContents;
}

export async function runPlace(
  root: string | null,
  command: string,
  runId: string,
  terminal: Terminal,
  announce: AnnounceRun,
): Promise<RunPlace> {
  const { environment } = terminal;
  if (root === null) {
    return {
      infospace: null,
      directory: join(runsOutsideInfospaces(environment), runId),
      application: applicationOf(environment, { infospace: null, command }),
    };
  }
  const [limits, contents] = await Promise.all([readLiveLimits(root), readInfospace(root, { announce })]);
  return {
    infospace: { root, limits, contents },
    directory: join(infospacePaths(root).meteredRuns, runId),
    application: applicationOf(environment, { infospace: contents.slug, command }),
  };
}

export function runsOutsideInfospaces(environment: NodeJS.ProcessEnv): string {
  return join(userDirectory('state', environment), 'budget', 'runs');
}
