import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { bin as builtBin } from './run-budget.js';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Who runs the command, under which limit on the size of a file, and where the command is, when not as usual. */
export interface Circumstances {
  readonly uid?: number;
  readonly gid?: number;
  readonly limit_bytes?: number;
  readonly bin?: string;
}

/** What `ulimit -f` counts in, in every `sh`. */
export const BLOCK_BYTES = 512;

export const usage = 'output/budget/usage.yaml';
export const plans = 'output/budget/plans.yaml';
export const summary = 'output/budget/summary.yaml';

/** An infospace in a directory, what is recorded in it, and what its disk allows. */
export class InfospaceOnDisk {
  readonly path: string;

  constructor(
    readonly workspace: string,
    /** For all commands of this infospace. */
    readonly circumstances: Circumstances = {},
  ) {
    this.path = join(workspace, 'infospaces', 'demo');
    this.write('budget.yaml', 'retention: 0\n');
  }

  file(name: string): string {
    return join(this.path, name);
  }

  read(name: string): string {
    return readFileSync(this.file(name), 'utf8');
  }

  size(name: string): number {
    return statSync(this.file(name)).size;
  }

  write(name: string, content: string): string {
    mkdirSync(dirname(this.file(name)), { recursive: true });
    writeFileSync(this.file(name), content);
    return this.file(name);
  }

  /** Every file with its content. The lock comes and goes; an index is disposable. */
  contents(): Record<string, string> {
    const names = readdirSync(this.path, { recursive: true }) as string[];
    const files = names.filter((name) => !/\.lock|\.index-/.test(name) && statSync(this.file(name)).isFile());
    return Object.fromEntries(files.sort().map((name) => [name, this.read(name)]));
  }

  /** A command that records a run; the stages of its record make the entry as large as needed. */
  runRecord(id: string, stageCount = 3): string[] {
    const stages = Array.from({ length: stageCount }, (_, index) => ({
      stage_id: `stage-${index}`,
      provider: 'somewhere',
      metadata: { model: 'test/model', usage: { prompt_tokens: 100, completion_tokens: 20, cost: 0.001 } },
    }));
    const record = { run_id: id, workflow_id: 'w', status: 'completed', stages };
    return ['run', 'record', this.path, '--runs', this.write(`records/${id}.yaml`, JSON.stringify(record))];
  }

  /** A command that records a plan; it is as large as it has workflows, and what is compared with it larger. */
  planRecord(calls: number, workflowCount = 1): string[] {
    const workflows = Array.from({ length: workflowCount }, (_, index) => ({ workflow_id: `w${index}`, calls: 1 }));
    const plan = { total_provider_calls_estimate: calls, per_workflow: workflows };
    return ['plan', 'record', this.path, '--from', this.write(`given-plans/${calls}.json`, JSON.stringify(plan))];
  }

  budget(arguments_: readonly string[], more: Circumstances = {}): Outcome {
    const { limit_bytes, bin = builtBin, ...who } = { ...this.circumstances, ...more };
    const limit = limit_bytes === undefined ? 'unlimited' : String(Math.floor(limit_bytes / BLOCK_BYTES));
    const command = [process.execPath, bin, ...arguments_];
    const { status, stdout, stderr } = spawnSync('sh', ['-c', 'ulimit -f "$0" && exec "$@"', limit, ...command], {
      // What is tried here are the files of a project; the limit would be the ledger's too.
      env: { ...process.env, BUDGET_LEDGER_DISABLE: '1' },
      ...who,
      cwd: '/',
      encoding: 'utf8',
    });
    return { code: status, stdout, stderr };
  }

  /** What a command that must succeed prints. */
  succeed(arguments_: readonly string[], more: Circumstances = {}): Record<string, unknown> {
    const { code, stdout, stderr } = this.budget([...arguments_, '--format', 'json'], more);
    // `list` gives its warnings in both places.
    const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('budget: warning: '));
    expect({ code, lines }, arguments_.join(' ')).toEqual({ code: 0, lines: [] });
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  status(more: Circumstances = {}): Record<string, unknown> {
    return this.succeed(['status', this.path], more);
  }

  /** One message, which names the file and what to do; no stack, nothing that looks like a result, no change. */
  expectRefusal(arguments_: readonly string[], file: string, message: RegExp, more: Circumstances = {}): void {
    const before = this.contents();
    const { code, stdout, stderr } = this.budget(arguments_, more);
    expect({ code, stdout }, stderr).toEqual({ code: 5, stdout: '' });
    expect(stderr).toMatch(/^budget: error: [^\n]+\n$/);
    expect(stderr).toContain(this.file(file));
    expect(stderr).toMatch(message);
    expect(this.contents()).toEqual(before);
  }
}
