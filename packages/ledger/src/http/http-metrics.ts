export interface HttpMetrics {
  answered(request: AnsweredRequest): void;
  reservation(outcome: 'made' | 'repeated' | 'refused'): void;
  /** In the text format of Prometheus. */
  text(): string;
}

interface AnsweredRequest {
  readonly method: string;
  /** As it is declared, such as `/api/v1/limits/:scope`. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** Others are counted as one: a client may name any that the parser of Node knows. */
const KNOWN_METHODS = new Set(['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS']);
/** From what a file on a fast disk takes to what a client waits for. */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Counters since the app was made. Their labels come from routes, methods and statuses, so they cannot grow without end. */
export function httpMetrics(): HttpMetrics {
  const requests = new Map<string, number>();
  const reservations = new Map([
    ['made', 0],
    ['repeated', 0],
    ['refused', 0],
  ]);
  const atMost = BUCKETS_SECONDS.map(() => 0);
  let count = 0;
  let secondsTotal = 0;

  return {
    answered({ method, route, status, seconds }) {
      const known = KNOWN_METHODS.has(method) ? method : 'other';
      add(requests, `method="${known}",route="${route}",status="${status}"`);
      BUCKETS_SECONDS.forEach((bound, index) => {
        if (seconds <= bound) atMost[index] = (atMost[index] ?? 0) + 1;
      });
      count += 1;
      secondsTotal += seconds;
    },
    reservation: (outcome) => add(reservations, outcome),
    text: () =>
      lines(
        metric('budget_http_requests_total', 'counter', 'Requests that were answered.'),
        ...[...requests].map(([labels, value]) => `budget_http_requests_total{${labels}} ${value}`),
        metric('budget_http_request_duration_seconds', 'histogram', 'How long answers took.'),
        ...BUCKETS_SECONDS.map((bound, index) => bucket(String(bound), atMost[index] ?? 0)),
        bucket('+Inf', count),
        `budget_http_request_duration_seconds_sum ${secondsTotal}`,
        `budget_http_request_duration_seconds_count ${count}`,
        metric('budget_reservations_total', 'counter', 'Reservations that were asked for, by what became of them.'),
        ...[...reservations].map(([outcome, value]) => `budget_reservations_total{outcome="${outcome}"} ${value}`),
      ),
  };
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function metric(name: string, type: string, help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}`;
}

function bucket(bound: string, value: number): string {
  return `budget_http_request_duration_seconds_bucket{le="${bound}"} ${value}`;
}

function lines(...all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
