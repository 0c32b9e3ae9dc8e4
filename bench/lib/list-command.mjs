import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { budget } from './built.mjs';

const DOCUMENTS = ['model-rates.yaml', 'plans.yaml', 'usage.yaml', 'summary.yaml', 'generation-summary.md'];

/** One `budget list` of a workspace, measured with `process`, whose answer must be `rows`. */
export function list({ workspace, rows }, process) {
  const measured = process(budget('list', workspace));
  checkRows(JSON.parse(measured.stdout), rows);
  return measured;
}

/** The same where nobody has prepared an index. */
export function listWithoutIndex(subject, process) {
  keepDocuments(subject.workspace);
  return list(subject, process);
}

/** Leaves what is under version control: no index, whatever it is called and wherever in the workspace it is. */
function keepDocuments(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    const isHidden = entry.name.startsWith('.');
    if (entry.isDirectory() && !isHidden) keepDocuments(path);
    else if (isHidden || !DOCUMENTS.includes(entry.name)) rmSync(path, { recursive: true });
  }
}

/** A fast answer that is wrong is not what is measured. */
function checkRows(rows, expected) {
  if (rows.length !== expected.length) throw new Error(`budget list gave ${rows.length} rows, not ${expected.length}.`);
  for (const [index, row] of expected.entries()) {
    const wrong = Object.entries({ ...row, error: null }).filter(([field, value]) => rows[index][field] !== value);
    if (wrong.length === 0) continue;
    const differences = wrong.map(([field, value]) => `${field} ${rows[index][field]} instead of ${value}`);
    throw new Error(`budget list, ${row.slug}: ${differences.join(', ')}.`);
  }
}
