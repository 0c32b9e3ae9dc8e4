import type { Variance } from '../compute-variance.js';
import { readTextIfThere, replaceFile } from '../storage/files.js';
import { readYaml } from '../yaml/read-yaml.js';
import { isMap, type YamlMap } from '../yaml/scalars.js';
import { writeYaml } from '../yaml/write-yaml.js';
import { adviceForOurs, corruptFile, refuseNewerSchema } from './problems.js';
import { varianceFields } from './summary.js';

/** @throws CodedError `file_corrupt`, `schema_newer`, … (kind `input`), or kind `environment`. */
export async function readSummaryFile(path: string): Promise<YamlMap | null> {
  const text = (await readTextIfThere(path, { advice: adviceForOurs })) ?? '';
  const value = readYaml(text, path, adviceForOurs);
  if (value === null) return null;
  if (!isMap(value)) throw corruptFile(path, text, null, 'a summary is a map', adviceForOurs);
  refuseNewerSchema(path, text, value['schema_version']);
  return value;
}

export async function writeSummaryFile(path: string, variance: Variance): Promise<void> {
  await replaceFile(path, writeYaml(varianceFields(variance)));
}
