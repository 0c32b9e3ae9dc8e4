/** Runs a check that resolves to whether it passed, and turns that, or an error's message, into the exit code. */
export async function runCheck(check) {
  try {
    process.exitCode = (await check()) ? 0 : 1;
  } catch (error) {
    process.stdout.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
