/** Roll-ups change with every batch: room beside a row keeps its next version on the same page. */
const room = 'WITH (fillfactor = 70)';

/** As wide as they become, so that no sum refuses what comes after it. */
const usage = `
    observations bigint NOT NULL,
    completed bigint NOT NULL,
    failed bigint NOT NULL,
    cancelled bigint NOT NULL,
    retried bigint NOT NULL,
    priced bigint NOT NULL,
    local_hits bigint NOT NULL,
    provider_hits bigint NOT NULL,
    timed bigint NOT NULL,
    estimated bigint NOT NULL,
    prompt_tokens numeric NOT NULL,
    completion_tokens numeric NOT NULL,
    cached_prompt_tokens numeric NOT NULL,
    cost_nano_usd numeric NOT NULL,
    economic_cost_nano_usd numeric NOT NULL,
    latency_ms_total numeric NOT NULL,
    estimated_cost_nano_usd numeric NOT NULL,
    estimate_delta_nano_usd numeric NOT NULL`;

/** Of the latencies a bucket and its count stand at the same place of two lists. */
const calls = `${usage},
    judged bigint NOT NULL,
    quality_millionths numeric NOT NULL,
    quality_squares_millionths numeric NOT NULL,
    cost_squares numeric NOT NULL,
    last_seen_ms bigint NOT NULL,
    latency_buckets bigint[] NOT NULL,
    latency_counts bigint[] NOT NULL`;

/** The step of the schema that makes the tables of observations. */
export const observationTables = `
  -- "seq": the order in which they were recorded. "totals_epoch": how often totals had begun anew.
  CREATE SEQUENCE observation_seq;
  CREATE TABLE observations (
    id text COLLATE "C" PRIMARY KEY,
    seq bigint NOT NULL,
    recorded_at_ms bigint NOT NULL,
    totals_epoch bigint NOT NULL,
    at_ms bigint NOT NULL,
    application text COLLATE "C" NOT NULL,
    infospace text COLLATE "C",
    run_id text COLLATE "C",
    organisation_id text COLLATE "C",
    task text COLLATE "C",
    adapter text COLLATE "C",
    provider text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    thread_id text COLLATE "C",
    agent_id text COLLATE "C",
    phase text COLLATE "C" NOT NULL,
    prompt_tokens bigint NOT NULL,
    completion_tokens bigint NOT NULL,
    cached_prompt_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    reasoning_tokens bigint NOT NULL,
    cost_nano_usd bigint,
    economic_cost_nano_usd bigint,
    estimated_cost_nano_usd bigint,
    cost_source text NOT NULL,
    cache_hit text NOT NULL,
    latency_ms bigint,
    status text NOT NULL,
    attempt bigint NOT NULL,
    quality_millionths bigint,
    quality_source text COLLATE "C",
    metadata text
  );
  CREATE INDEX observations_by_time ON observations (at_ms, seq);
  CREATE INDEX observations_by_recording ON observations (recorded_at_ms);

  -- What was said of an observation after it was recorded, in the order of "seq".
  CREATE TABLE judgements (
    observation text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    quality_millionths bigint NOT NULL,
    judged_at_ms bigint NOT NULL,
    PRIMARY KEY (observation, source)
  );

  -- Roll-ups, of all observations or, where "is_forgotten", of those that are not kept any more. "day" -1: of all days.
  -- "source" empty: all but quality, and the newest quality of each observation.
  CREATE TABLE task_sums (
    task text COLLATE "C",
    source text COLLATE "C",
    day bigint,
    adapter text COLLATE "C",
    is_forgotten boolean,
    ${calls.trim()},
    PRIMARY KEY (task, source, day, adapter, is_forgotten)
  ) ${room};

  CREATE TABLE usage_totals (
    epoch bigint,
    dimension text COLLATE "C",
    name text COLLATE "C",
    is_forgotten boolean,
    ${calls.trim()},
    PRIMARY KEY (epoch, dimension, name, is_forgotten)
  ) ${room};

  -- Quarters of an hour.
  CREATE TABLE usage_slots (
    dimension text COLLATE "C",
    slot_at_ms bigint,
    organisation text COLLATE "C",
    name text COLLATE "C",
    is_forgotten boolean,
    ${usage.trim()},
    PRIMARY KEY (dimension, slot_at_ms, organisation, name, is_forgotten)
  ) ${room};

  -- One row. "epoch": how often totals began anew, last at "reset_at_ms".
  CREATE TABLE usage_state (
    epoch bigint NOT NULL,
    reset_at_ms bigint
  );
  INSERT INTO usage_state VALUES (0, NULL);
`;
