import fc from 'fast-check';
import { estimateTokenCount } from 'tokenx';
import { expect, it } from 'vitest';
import { likelyTokens } from './likely-tokens.js';

const numRuns = Number(process.env['BUDGET_FUZZ_COUNT'] ?? 2000);

it('are what tokenx says, of any text', () => {
  const words = fc.constantFrom(
    ...['the', 'Tokenizer', 'internationalisation', '12', '123456789', 'a1', "don't", '"quoted"', '€', 'é', 'Straße'],
    ...['привет', 'γειά', '日本語', '한국어', '你好。', '「', '👩‍💻', '\u00A0', '\u2028', '\uFEFF', '\u0085', '\u007F'],
    ...[' ', '  ', '\n', '\n\n', '\n  ', '\t\n', '\r\n', '\v', '\f', '.', '...', '{}', '-------', '```', '\ud800'],
  );
  const text = fc.oneof(
    fc.array(words, { maxLength: 60 }).map((parts) => parts.join('')),
    fc.array(words, { maxLength: 60 }).map((parts) => parts.join(' ')),
    fc.string({ maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 100 }),
  );
  const property = fc.property(text, (given) => {
    expect(likelyTokens(given)).toBe(estimateTokenCount(given));
  });
  fc.assert(property, { numRuns });
}, 600_000);

it('are what tokenx says, of each character between others', () => {
  for (let code = 0; code <= 0xffff; code += 1) {
    const character = String.fromCharCode(code);
    const text = `word${character}word ${character}${character}.\n${character}\n`;
    if (likelyTokens(text) !== estimateTokenCount(text)) expect.fail(`U+${code.toString(16)} is counted otherwise`);
  }
});
