import { homedir } from 'node:os';

/** `null` for the user of a container that has no entry to read it from. */
export function homeDirectory(): string | null {
  try {
    return homedir();
  } catch {
    return null;
  }
}
