import { resolve } from 'node:path';
import { CodedError, findInfospace } from '@budget/infospace';

/** The infospace that a command is about: the one named, else the nearest one upward. */
export function chooseInfospace(named: string | undefined, directory: string): string {
  if (named !== undefined) return resolve(directory, named);
  const found = findInfospace(directory);
  if (found !== null) return found;
  throw new CodedError({
    code: 'infospace_not_found',
    kind: 'usage',
    message: `There is no infospace here: neither ${directory} nor a directory above it has budget.yaml or output/budget/. Name one, or make one with \`budget init\`.`,
  });
}
