/** How a hub of an organisation may be dead, slow or lying. */
export const badHubs: readonly string[];

export interface BadHub {
  /** Its origin, on this machine. */
  readonly url: string;
  close(): Promise<void>;
}

/** @param kind one of `badHubs` */
export function startBadHub(kind: string): Promise<BadHub>;
