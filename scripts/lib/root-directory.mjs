import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's own directory, wherever a script was started from. */
export const rootDirectory = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
