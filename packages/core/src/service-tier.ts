import { field, text } from './usage-fields.js';

/**
 * The service tier as a usage object tells it, in the provider's own word.
 *
 * - Anthropic, https://platform.claude.com/docs/en/build-with-claude/fast-mode: `speed: 'fast'` has prices of its own,
 *   whatever `service_tier` says.
 * - Google, https://docs.cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse: the
 *   kind of traffic, which Vertex tells instead of a tier, becomes the tier that it stands for.
 */
export function usageTier(usage: unknown): string | null {
  if (field(usage, 'speed') === 'fast') return 'fast';
  const googleTier = text(field(usage, 'serviceTier'))?.toLowerCase();
  return (
    text(field(usage, 'service_tier')) ??
    (googleTier === undefined || googleTier.endsWith('unspecified') ? null : googleTier) ??
    trafficTier(text(field(usage, 'trafficType') ?? field(usage, 'traffic_type')))
  );
}

/** The tier as the response tells it beside its usage: OpenAI, Groq and OpenRouter as text, Bedrock as an object. */
export function responseTier(body: unknown): string | null {
  const bedrockTier = field(body, 'serviceTier');
  return text(field(body, 'service_tier')) ?? text(field(bedrockTier, 'type')) ?? text(bedrockTier);
}

function trafficTier(traffic: string | null): string | null {
  if (traffic === null || traffic === 'TRAFFIC_TYPE_UNSPECIFIED') return null;
  if (traffic === 'ON_DEMAND') return 'standard';
  if (traffic === 'PROVISIONED_THROUGHPUT') return 'provisioned';
  return traffic.replace(/^ON_DEMAND_/, '').toLowerCase();
}
