// Preloaded into a command to kill it from inside: at its n-th change of a file or directory (KILL_AT_CHANGE), or at its
// n-th write (KILL_AT_WRITE). A write puts down a share of its bytes first (KILL_AFTER_SHARE), as it does when the kill
// meets it in the middle.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const killAtChange = Number(process.env['KILL_AT_CHANGE']);
const killAtWrite = Number(process.env['KILL_AT_WRITE']);
const share = Number(process.env['KILL_AFTER_SHARE']);
let changes = 0;
let writes = 0;

const die = () => process.kill(process.pid, 'SIGKILL');

const writeSync = fs.writeSync;
fs.writeSync = (descriptor, bytes, offset = 0, length = bytes.length - offset, ...rest) => {
  if (++changes === killAtChange || ++writes === killAtWrite) {
    if (typeof bytes !== 'string') writeSync(descriptor, bytes, offset, Math.floor(length * share), ...rest);
    die();
  }
  return writeSync(descriptor, bytes, offset, length, ...rest);
};

const others = ['fsyncSync', 'renameSync', 'unlinkSync', 'mkdirSync', 'ftruncateSync', 'writeFileSync', 'rmSync'];
for (const name of others) {
  const original = fs[name];
  fs[name] = (...parameters) => {
    if (++changes === killAtChange) die();
    return original(...parameters);
  };
}

const { O_WRONLY, O_RDWR } = fs.constants;
const openSync = fs.openSync;
fs.openSync = (path, flags = 'r', ...rest) => {
  const isForChange = typeof flags === 'number' ? (flags & (O_WRONLY | O_RDWR)) !== 0 : flags !== 'r';
  if (isForChange && ++changes === killAtChange) die();
  return openSync(path, flags, ...rest);
};
syncBuiltinESMExports();
