import { homedir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';

const places = {
  config: { variable: 'XDG_CONFIG_HOME', atHome: '.config' },
  data: { variable: 'XDG_DATA_HOME', atHome: '.local/share' },
  state: { variable: 'XDG_STATE_HOME', atHome: '.local/state' },
} as const;

/** Ways to find a home: the first that tells an absolute path is taken. Each may throw. */
export type Homes = readonly (() => string)[];

/** `HOME`, then what the system has written down of the user. */
const homesOfUser: Homes = [homedir, () => userInfo().homedir];

/** What containers give to a user of whom nothing is written down. */
const NO_HOME = '/';

/**
 * Where programs keep what is a user's own, as the XDG specification says. A path that is not absolute is ignored, by that
 * specification, and so is such a home: by it each directory that a command stands in would have a ledger of its own.
 */
export function userDirectory(
  kind: keyof typeof places,
  environment: Readonly<Record<string, string | undefined>>,
  homes = homesOfUser,
): string {
  const { variable, atHome } = places[kind];
  const named = environment[variable] ?? '';
  return isAbsolute(named) ? named : join(homeOf(homes), atHome);
}

/** Of this user. */
export function homeDirectory(): string {
  return homeOf(homesOfUser);
}

function homeOf(homes: Homes): string {
  for (const find of homes) {
    const home = orNothing(find);
    if (isAbsolute(home)) return home;
  }
  return NO_HOME;
}

/** There may be no entry to read it from, as in a container that runs under any number. */
function orNothing(find: () => string): string {
  try {
    return find();
  } catch {
    return '';
  }
}
