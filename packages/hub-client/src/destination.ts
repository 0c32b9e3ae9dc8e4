import { hash } from 'node:crypto';
import type { HubSettings } from './hub-settings.js';

/** Which hub an event waits for: where it is and how it is talked to. The token is not part of it: a new one is no new hub. */
export interface Destination {
  /** For people, such as `https://hub.example.com by http`. */
  readonly name: string;
  /** Stands for the name in the names of files: 12 hex digits. */
  readonly mark: string;
}

export function destinationOf({ url, transport }: Pick<HubSettings, 'url' | 'transport'>): Destination {
  return destinationNamed(`${url} by ${transport}`);
}

/** Of who hands over a transport, whose address nobody knows. */
export function ownDestination(): Destination {
  return destinationNamed("a program's own transport");
}

function destinationNamed(name: string): Destination {
  return { name, mark: hash('sha256', name).slice(0, 12) };
}
