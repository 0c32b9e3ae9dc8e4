import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { write } from './infospace.mjs';
import { runRecordText } from './records.mjs';

const NOT_COUNTED = /its last entry (?:is not whole|was torn by a crash) and is not counted/;

/**
 * Puts one cut file in place, reads it, and records a run. `expect(holds, message)` collects what is wrong.
 *
 * @returns `nothing`: cut right before the entry, or in the blanks before its dash. `whole`: all of the entry is there,
 * but perhaps its line end. `whole or torn`: a zero stands for the line end. `torn`: all others.
 */
export async function tryCut(given, expect) {
  const { place, content, driver, number } = given;
  putInPlace(given);
  const expected = expectationOf(given);
  try {
    const seen = await driver.read(place);
    // Whether a zero for the line end alone makes an entry torn is a matter of taste; it must be one or the other.
    if (expected.outcome === 'whole or torn') expected.runs = Math.max(expected.runs, seen.runs);
    checkReading(expect, expected, 'status', seen);
    if (expected.outcome === 'torn') {
      expect(readFileSync(place.usage).equals(content), () => 'a reader changed the file');
    }
    // What status completed is no longer pending, and nothing to say.
    checkReading(expect, expected, 'list', await driver.list(place));
    const record = JSON.parse(runRecordText(`new-${number}`, 1));
    const recorded = await driver.record(place, record);
    const runIndex = expected.runs + 1;
    expect(recorded.runIndex === runIndex, () => `recorded as run ${recorded.runIndex}, not ${runIndex}`);
    checkAside(expect, expected, given, recorded.warnings);
    await checkFile(expect, expected, given, record.run_id);
  } catch (error) {
    expect(false, () => `failed: ${error}`);
  }
  return expected.outcome;
}

function putInPlace({ place, content, summary, number }) {
  rmSync(place.summary, { force: true });
  if (summary !== null) write(place.summary, summary);
  for (const name of namesIn(place)) {
    // An index that tells of another file must not be believed: every second time it stays.
    const isOld = name.includes('.torn') || (name.startsWith('.index') && number % 2 === 0);
    if (isOld) rmSync(join(place.budgetDirectory, name), { recursive: true });
  }
  write(place.usage, content);
}

function expectationOf({ bytes, start, cut, filling, entries }) {
  const runs = entries.length - 1;
  if (filling === 'zeros') return { outcome: cut === bytes.length - 1 ? 'whole or torn' : 'torn', runs };
  if (cut === start || isInBlanks(bytes, start, cut)) return { outcome: 'nothing', runs };
  return cut >= bytes.length - 1 ? { outcome: 'whole', runs: runs + 1 } : { outcome: 'torn', runs };
}

function isInBlanks(bytes, start, cut) {
  return cut > start && cut <= bytes.indexOf('-', start);
}

function checkReading(expect, { outcome, runs }, command, seen) {
  expect(!seen.error, () => `${command}: ${seen.error}`);
  expect(seen.runs === runs, () => `${command} counts ${seen.runs} runs, not ${runs}`);
  if (outcome === 'whole or torn') return;
  const said = seen.warnings.some((warning) => NOT_COUNTED.test(warning));
  const told = `${command} warns ${JSON.stringify(seen.warnings)}`;
  expect(said === (outcome === 'torn'), () => `${told}, and the entry is ${outcome}`);
}

/** The torn bytes are in a file of their own, and a warning names it. */
function checkAside(expect, { outcome }, { place, content, start, cut, bytes }, warnings) {
  const names = namesIn(place).filter((name) => name.includes('.torn'));
  const said = warnings.filter((warning) => NOT_COUNTED.test(warning));
  if (outcome === 'whole or torn') return;
  if (outcome !== 'torn') {
    expect(names.length === 0 && said.length === 0, () => `set aside ${names} though nothing is torn: ${said}`);
    return;
  }
  const [name] = names;
  const isNamed = names.length === 1 && /^usage\.yaml\.torn\.\d{8}T\d{6}Z$/.test(name);
  if (!expect(isNamed, () => `set aside as ${JSON.stringify(names)}`)) return;
  const aside = join(place.budgetDirectory, name);
  // Blanks before the dash are of no entry.
  const torn = [start, ...(isInBlanks(bytes, start, cut) ? [cut] : [])].map((from) => content.subarray(from));
  const saved = readFileSync(aside);
  expect(
    torn.some((part) => part.equals(saved)),
    () => 'what was set aside is not what was torn',
  );
  expect(said.length === 1 && said[0].includes(aside), () => `the warnings do not tell: ${JSON.stringify(warnings)}`);
}

/** What was before stays byte by byte; where a line is not ended and nothing is torn, all may be written anew. */
async function checkFile(expect, { outcome, runs }, { place, bytes, start, cut, entries, pyyaml }, id) {
  const after = readFileSync(place.usage);
  const mayBeRewritten = outcome.startsWith('whole') || isInBlanks(bytes, start, cut);
  const kept = mayBeRewritten ? 0 : start;
  expect(after.subarray(0, kept).equals(bytes.subarray(0, kept)), () => 'earlier entries are not what they were');
  const { value, error } = await pyyaml.load(after.toString('utf8'));
  expect(error === undefined, () => `PyYAML cannot read the file: ${error}`);
  const there = value?.runs ?? [];
  const isKept = JSON.stringify(there.slice(0, -1)) === JSON.stringify(entries.slice(0, runs));
  expect(isKept, () => `before the new one are ${there.slice(0, -1).map(({ run_index }) => run_index)}, or others`);
  const last = there.at(-1);
  const isNew = last?.workflows?.[0]?.run_id === id && last.run_index === runs + 1 && last.end_of_run === runs + 1;
  expect(isNew, () => `the last entry is ${JSON.stringify(last)?.slice(0, 200)}`);
}

function namesIn({ budgetDirectory }) {
  return readdirSync(budgetDirectory);
}
