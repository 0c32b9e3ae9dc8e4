import { writeYaml } from '@budget/infospace';

/** As the files are written: read to the same values by YAML 1.1 and 1.2. */
export function renderYaml(value: unknown): string {
  return writeYaml(value);
}
