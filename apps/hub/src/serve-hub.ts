import { nextSignal } from '@budget/serving';
import { type HubFlags, hubSettings } from './hub-settings.js';
import { startHub } from './start-hub.js';

export interface ServeHubOptions {
  readonly flags: HubFlags;
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
  readonly version: string;
  /** Lines for people. */
  readonly log: (line: string) => void;
}

/**
 * Runs a hub until this process is told to end (SIGTERM, SIGINT), and then answers what still runs. A second signal ends it
 * at once, as nobody listens to it any more.
 *
 * @returns the signal that ended it
 * @throws CodedError as `hubSettings` and `startHub`
 */
export async function serveHub({
  flags,
  environment,
  directory,
  version,
  log,
}: ServeHubOptions): Promise<NodeJS.Signals> {
  const settings = hubSettings(flags, environment, directory);
  const signal = nextSignal();
  const hub = await startHub(settings, { version, log });
  const received = await signal;
  log(`${received}: the hub ends.`);
  await hub.close();
  return received;
}
