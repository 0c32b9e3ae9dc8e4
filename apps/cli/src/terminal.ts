/** What a command line program talks to, passed in so that tests can stand in for it. */
export interface Terminal {
  readonly version: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
}
