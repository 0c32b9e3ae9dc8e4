import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

// Dates are quoted in all files here, so whatever JSON does not know is shown as text and found by the comparison.
// PyYAML lets the last of two equal keys win, and so takes an entry that is glued to half another one for whole.
const program = `
import json, sys, yaml
class Loader(getattr(yaml, 'CSafeLoader', yaml.SafeLoader)):
    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        if len(set(keys)) < len(keys):
            raise ValueError('a key stands twice' + str(node.start_mark))
        return super().construct_mapping(node, deep)
Dumper = getattr(yaml, 'CSafeDumper', yaml.SafeDumper)
for line in sys.stdin:
    request = json.loads(line)
    try:
        if 'text' in request:
            answer = {'value': yaml.load(request['text'], Loader=Loader)}
        else:
            answer = {'text': yaml.dump(request['value'], Dumper=Dumper, sort_keys=False, **request['options'])}
    except Exception as error:
        answer = {'error': type(error).__name__ + ': ' + str(error)}
    print(json.dumps(answer, default=str), flush=True)
`;

/** One PyYAML process that answers in turn: the parser whose files these are, and not one of ours. */
export function startPyYaml() {
  const candidates = [process.env['BUDGET_PYTHON'], 'python3', '/usr/bin/python3'];
  const python = candidates.find((name) => name && spawnSync(name, ['-c', 'import yaml']).status === 0);
  if (python === undefined)
    throw new Error('No python3 with PyYAML: install python3-yaml, or name one in BUDGET_PYTHON.');
  const child = spawn(python, ['-c', program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  let turn = Promise.resolve();
  const ask = async (request) => {
    const answered = turn.then(async () => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const [line] = await once(lines, 'line');
      return JSON.parse(line);
    });
    turn = answered.catch(() => {});
    return await answered;
  };
  return {
    /** `{value}` or `{error}`. */
    load: async (text) => await ask({ text }),
    dump: async (value, options = {}) => {
      const { text, error } = await ask({ value, options });
      if (error !== undefined) throw new Error(`PyYAML could not write: ${error}`);
      return text;
    },
    stop: () => child.stdin.end(),
  };
}
