/** What a run was made for, in the organisation's own planning; `null` where nobody said so. */
export interface Workplan {
  readonly id: string | null;
  readonly taskId: string | null;
}

export const noWorkplan: Workplan = { id: null, taskId: null };

/** As the flags say, else as the environment does. */
export function workplanOf(
  flags: { readonly workplan?: string | undefined; readonly workplanTask?: string | undefined },
  environment: NodeJS.ProcessEnv,
): Workplan {
  return {
    id: flags.workplan || environment['BUDGET_WORKPLAN_ID'] || null,
    taskId: flags.workplanTask || environment['BUDGET_WORKPLAN_TASK_ID'] || null,
  };
}
