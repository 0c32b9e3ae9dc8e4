import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import packageRates from '../model-rates.yaml';
import { parseModelRates } from './documents/model-rates.js';
import { defaultSettings } from './documents/settings-values.js';
import { readRates } from './read-rates.js';
import { temporaryDirectory } from './testing/temporary.js';

describe("the package's own rate table", () => {
  it('is what the package ships', () => {
    expect(packageRates).toBe(readFileSync(new URL('../model-rates.yaml', import.meta.url), 'utf8'));
  });

  it('says for each price where it comes from and when it was looked up', () => {
    const rates = parseModelRates(packageRates, 'model-rates.yaml', 'package-rates');
    expect(rates.length).toBeGreaterThan(10);
    for (const { model, sourceUrl, capturedAt } of rates) {
      expect(sourceUrl, model).toMatch(/^https:\/\//);
      expect(capturedAt, model).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    }
  });

  it('gives no model the price of another whose name it begins with', async () => {
    const { find } = await readRates(temporaryDirectory(), defaultSettings);
    expect(find('openai', 'gpt-5-2025-08-07')?.model).toBe('gpt-5');
    for (const model of ['gpt-5-pro', 'o3-mini-high', 'gpt-4.1-nano', 'claude-sonnet-4-5-turbo', 'gpt-', '']) {
      expect(find('openai', model), model).toBeNull();
    }
  });
});
