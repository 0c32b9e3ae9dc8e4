// The types of the package. It is plain JavaScript, so that figures and long scripts can use it without a build; `tsc`
// checks it against what is declared here.

export interface PostgresServer {
  /** Of the superuser, with its password. */
  readonly address: string;
  readonly port: number;
  readonly password: string;
  /** As a loss of power stops it, but for what the system has yet to write. */
  kill(): Promise<void>;
  /** After a `kill` or a `shutDown`. */
  start(): Promise<void>;
  /** Ends sessions and stops, as an administrator does it. */
  shutDown(): Promise<void>;
  /** For good, with its data. */
  remove(): Promise<void>;
}

export interface PostgresServerOptions {
  /** Lines of `postgresql.conf`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** It listens on all addresses of this machine, and lets in who knows the password from wherever. Default: loopback only. */
  readonly isOpenToAll?: boolean;
}

/** A real PostgreSQL on a port of this machine, with its data in a directory of its own. */
export function startPostgres(options?: PostgresServerOptions): Promise<PostgresServer>;
