// Sends what waits. Prints the report as a line of JSON.
import { createHubClient } from './built.mjs';

console.log(JSON.stringify(await createHubClient().flush()));
