/** What a server measures of what it serves: how many issues, and how fresh. */
export { Freshness, probeFreshness } from './freshness.ts';
export { freshnessMetrics } from './freshness-metrics.ts';
export { issueGauge } from './issue-gauge.ts';
export { IssueTally } from './issue-tally.ts';
