export { choicesFrom } from './choices.mjs';
export { Findings, print } from './findings.mjs';
export { readOptions } from './options.mjs';
export { randomFrom } from './random.mjs';
export { runTorture } from './run-torture.mjs';
