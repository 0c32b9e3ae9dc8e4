import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { computeVariance } from '../compute-variance.js';
import { temporaryDirectory, write } from '../testing/temporary.js';
import { readRecordedRun } from './read-recorded-run.js';
import { ratioText, varianceLine, withVarianceLine, writeVarianceLine } from './report.js';

const block = (line: string): string =>
  `<!-- budget:plan-variance:start -->\n${line}\n<!-- budget:plan-variance:end -->`;

describe('the line in the report', () => {
  it('makes a report that is not there', () => {
    expect(withVarianceLine('', 'A')).toBe(`${block('A')}\n`);
  });

  it('is added at the end of a report that has none', () => {
    expect(withVarianceLine('# Report\n\nText', 'A')).toBe(`# Report\n\nText\n\n${block('A')}\n`);
  });

  it('is replaced where it stands, and the rest is left alone', () => {
    const report = `# Report\n${block('old')}\n\nmore\n`;
    expect(withVarianceLine(report, 'new')).toBe(`# Report\n${block('new')}\n\nmore\n`);
    expect(withVarianceLine(withVarianceLine(report, 'x'), 'new')).toBe(withVarianceLine(report, 'new'));
  });

  it('a start without an end swallows nothing', () => {
    const report = '<!-- budget:plan-variance:start -->\nprecious\n';
    expect(withVarianceLine(report, 'A')).toBe(`${report}\n${block('A')}\n`);
    expect(withVarianceLine(withVarianceLine(report, 'A'), 'B')).toBe(`${report}\n${block('B')}\n`);
  });

  it('an end that stands alone before it does not make it grow with each run', () => {
    const report = 'old <!-- budget:plan-variance:end -->\n';
    const once = withVarianceLine(report, 'A');
    expect(once).toBe(`${report}\n${block('A')}\n`);
    expect(withVarianceLine(once, 'B')).toBe(`${report}\n${block('B')}\n`);
  });

  it('has no special characters: a dollar sign is a dollar sign', () => {
    expect(withVarianceLine(block('old'), "$& $' $1")).toBe(block("$& $' $1"));
  });

  it('has the line ends of its report', () => {
    const report = '# Report\r\n\r\nText\r\n';
    const added = withVarianceLine(report, 'A');
    expect(added).toBe(`${report}\r\n${block('A').replaceAll('\n', '\r\n')}\r\n`);
    expect(withVarianceLine(withVarianceLine(report, 'old'), 'A')).toBe(added);
  });

  it('leaves every other byte of the report alone, whatever its encoding', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 13));
    const path = write(temporaryDirectory(), 'reports/generation-summary.md', bytes);
    const variance = computeVariance(readRecordedRun({ plan: { total_provider_calls_estimate: 1 } }));
    await writeVarianceLine(path, variance);
    await writeVarianceLine(path, variance);
    const line = varianceLine(variance);
    expect(line).toContain('×');
    expect(readFileSync(path)).toEqual(Buffer.concat([bytes, Buffer.from(`\n\n${block(line)}\n`)]));
  });
});

describe('the ratio of actual to estimated', () => {
  it('has two decimals, a tie to the even digit, on the exact value', () => {
    expect(ratioText(2, 3)).toBe('0.67×');
    expect(ratioText(1, 8)).toBe('0.12×');
    expect(ratioText(3, 8)).toBe('0.38×');
    expect(ratioText(115n, 100n)).toBe('1.15×');
    expect(ratioText(0, 5)).toBe('0.00×');
    expect(ratioText(10n ** 30n, 10n ** 30n)).toBe('1.00×');
  });

  it('of nano-USD to USD does not round the estimate first', () => {
    expect(ratioText(1_000_000n, 0.0024, 9)).toBe('0.42×');
    expect(ratioText(1n, 0.0000000014, 9)).toBe('0.71×');
    expect(ratioText(1n, 4e-10, 9)).toBe('2.50×');
  });

  it('is none where nothing was estimated', () => {
    expect([0, 0n, -1, Number.NaN].map((estimated) => ratioText(1, estimated))).toEqual([null, null, null, null]);
  });
});
