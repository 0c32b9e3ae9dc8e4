// Preloaded: the user has no entry to read a name or a home from, as in a container that runs under any number. A test can
// become such a user only as root.
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';

const noEntry = (name) => () => {
  throw Object.assign(new Error(`A system error occurred: ${name} returned ENOENT (no such file or directory)`), {
    code: 'ERR_SYSTEM_ERROR',
  });
};
os.homedir = noEntry('uv_os_homedir');
os.userInfo = noEntry('uv_os_get_passwd');
syncBuiltinESMExports();
