import {
  createHubClient,
  type ExamineHubOptions,
  type HubClient,
  type HubConfiguration,
  optedOutBy,
} from '@budget/hub-client';
import { findInfospace, readInfospaceName } from '@budget/infospace';
import type { Terminal } from '../terminal.js';
import { readHubConfiguration } from './hub-configuration.js';

export { buildTokenEvent } from '@budget/hub-client';

/** The hub of the user, unless they opted out; `project` may turn it off too. */
export async function openHub({ environment }: Terminal, isDisabledByProject = false): Promise<HubClient> {
  return createHubClient({ environment, configuration: await configurationOf(environment), isDisabledByProject });
}

/** What `examineHub` needs to know. */
export async function hubToExamine({ environment, directory }: Terminal): Promise<ExamineHubOptions> {
  const isDisabledByProject = await isDisabledHere(directory);
  return { environment, configuration: await configurationOf(environment), isDisabledByProject };
}

/** Who opted out has no file looked at either. */
async function configurationOf(environment: NodeJS.ProcessEnv): Promise<HubConfiguration> {
  return optedOutBy(environment) === null ? await readHubConfiguration(environment) : {};
}

/**
 * Whether the project that one stands in turns its events off.
 *
 * @throws CodedError of its settings: nobody knows what they say while they cannot be read.
 */
export async function isDisabledHere(directory: string): Promise<boolean> {
  const root = findInfospace(directory);
  return root !== null && (await readInfospaceName(root)).hubDisabled;
}
