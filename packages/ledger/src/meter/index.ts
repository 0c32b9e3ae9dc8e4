export type { CallOutcome } from './call-outcome.js';
export type { BegunCallRecord, CallRecord, RefusalCode, RefusedCallRecord } from './call-record.js';
export type { CallTags } from './call-tags.js';
export {
  type Admission,
  createMeter,
  type LocalHit,
  type Meter,
  type MeterObserver,
  type MeterOptions,
} from './meter.js';
export type { MeteredCall } from './metered-call.js';
export { type MeteredFetchOptions, meteredFetch } from './metered-fetch.js';
export type { AnsweredCall, BoundsOptions, CallPrice, MeteredRequest, RequestBounds } from './metered-request.js';
export { createMeteringProxy, type MeteringProxy, type MeteringProxyOptions } from './metering-proxy.js';
export type { RequestKind } from './request-kind.js';
export type { Upstream } from './upstream.js';
