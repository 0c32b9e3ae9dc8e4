import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load as loadYaml, YAML11_SCHEMA } from 'js-yaml';

export const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url));

export type GoldenStep =
  | { readonly plan: string; readonly snapshot_id: string }
  | { readonly runs: readonly string[]; readonly snapshot: string | null; readonly duration_seconds: number | null };

export interface GoldenCase {
  readonly name: string;
  readonly steps: readonly GoldenStep[];
  /** The full path of an input file. */
  readonly input: (file: string) => string;
  readonly expected: string;
}

/** Extra cases of the same kind are tried by naming their directory in `BUDGET_GOLDEN`. */
export function goldenCases(directory = process.env['BUDGET_GOLDEN'] ?? join(fixtures, 'layer1-golden')): GoldenCase[] {
  return readdirSync(directory)
    .filter((name) => existsSync(join(directory, name, 'steps.json')))
    .map((name) => ({
      name,
      steps: JSON.parse(readFileSync(join(directory, name, 'steps.json'), 'utf8')) as GoldenStep[],
      input: (file) => join(directory, name, 'input', file),
      expected: join(directory, name, 'expected-workspace'),
    }));
}

/** A workspace as the case began: its rates, and no infospace yet. */
export function freshWorkspace({ expected }: GoldenCase): string {
  const workspace = mkdtempSync(join(tmpdir(), 'budget-golden-'));
  cpSync(join(expected, 'model-rates.yaml'), join(workspace, 'model-rates.yaml'));
  return workspace;
}

/** Where ours says something else than the earlier tool did: one line each, none when all is well. */
export function differences({ expected }: GoldenCase, workspace: string): string[] {
  return ['plans', 'usage', 'summary'].flatMap((document) => {
    const path = join('infospaces', 'demo', 'output', 'budget', `${document}.yaml`);
    const [theirs, ours] = [expected, workspace].map((root) => load(join(root, path)));
    return compare(theirs, ours, document);
  });
}

function load(path: string): unknown {
  // By a library's own rules, so that a fault in ours cannot hide itself.
  return existsSync(path) ? loadYaml(readFileSync(path, 'utf8'), { schema: YAML11_SCHEMA }) : undefined;
}

const TIMES = new Set(['recorded_at', 'completed_at']);
const ROUNDED_PER_CALL = 0.000001;

function compare(theirs: unknown, ours: unknown, path: string, calls = 1): string[] {
  if (Array.isArray(theirs)) {
    if (!Array.isArray(ours) || ours.length !== theirs.length) return [`${path}: ${JSON.stringify(ours)}`];
    return theirs.flatMap((item, index) => compare(item, ours[index], `${path}[${index}]`, calls));
  }
  if (typeof theirs === 'object' && theirs !== null) {
    if (typeof ours !== 'object' || ours === null) return [`${path}: ${JSON.stringify(ours)}`];
    const callsHere = callsOf(theirs as Record<string, unknown>) ?? calls;
    return Object.entries(theirs)
      .filter(([key]) => !TIMES.has(key))
      .flatMap(([key, field]) => compare(field, (ours as Record<string, unknown>)[key], `${path}.${key}`, callsHere));
  }
  if (Object.is(theirs, ours) || theirs === ours) return [];
  const estimated = /cost.*estimated|actual_total|delta/.test(path) && typeof theirs === 'number';
  if (estimated && Math.abs(theirs - Number(ours)) <= ROUNDED_PER_CALL * calls + 1e-12) return [];
  return [`${path}: expected ${JSON.stringify(theirs)}, got ${JSON.stringify(ours)}`];
}

function callsOf(fields: Record<string, unknown>): number | undefined {
  const calls = fields['total_calls'] ?? fields['calls'];
  const number = typeof calls === 'object' && calls !== null ? (calls as { actual?: unknown }).actual : calls;
  return typeof number === 'number' ? number : undefined;
}
