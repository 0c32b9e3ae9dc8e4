import { setUpOrExit } from './lib/set-up.mjs';

setUpOrExit();
