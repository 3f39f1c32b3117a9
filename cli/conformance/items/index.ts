import type { Item } from '../item.ts';
import { a1 } from './a1-untrusted-certificate.ts';
import { a5 } from './a5-spoofed-headers.ts';
import { a6 } from './a6-unknown-callers.ts';
import { a7 } from './a7-own-credentials.ts';
import { a12 } from './a12-open-health.ts';
import { a13 } from './a13-impersonation.ts';
import { a14 } from './a14-forbidden.ts';
import { d1 } from './d1-resource-list.ts';
import { d2 } from './d2-resource-entry.ts';
import { d3 } from './d3-subresources.ts';
import { d4 } from './d4-aggregated-discovery.ts';
import { d5 } from './d5-discovery-content-type.ts';
import { d6 } from './d6-response-kinds.ts';
import { d7 } from './d7-discovery-etag.ts';
import { d8 } from './d8-discovery-without-rights.ts';
import { d10 } from './d10-roots.ts';
import { d12 } from './d12-discovery-beta.ts';
import { e1 } from './e1-status.ts';
import { e2 } from './e2-reasons.ts';
import { e3 } from './e3-not-found.ts';
import { e6 } from './e6-invalid.ts';
import { f1 } from './f1-labels.ts';
import { f2 } from './f2-names.ts';
import { f3 } from './f3-unknown-fields.ts';
import { f4 } from './f4-selectable-fields.ts';
import { f5 } from './f5-single-objects.ts';
import { f6 } from './f6-selectors-of-watches.ts';
import { h1 } from './h1-keep-alive.ts';
import { h3 } from './h3-redirects.ts';
import { h5 } from './h5-large-headers.ts';
import { l1 } from './l1-paths.ts';
import { l2 } from './l2-accept.ts';
import { l3 } from './l3-yaml.ts';
import { l4 } from './l4-objects.ts';
import { l5 } from './l5-names.ts';
import { l6 } from './l6-conditions.ts';
import { l7 } from './l7-lists.ts';
import { l8 } from './l8-pages.ts';
import { l9 } from './l9-page-versions.ts';
import { l10 } from './l10-tokens.ts';
import { l11 } from './l11-versions.ts';
import { l12 } from './l12-future-versions.ts';
import { l13 } from './l13-odd-versions.ts';
import { l14 } from './l14-parameters.ts';
import { l15 } from './l15-pretty.ts';
import { l16 } from './l16-compression.ts';
import { l17 } from './l17-headers.ts';
import { l20 } from './l20-old-watch-paths.ts';
import { o1 } from './o1-openapi-root.ts';
import { o3 } from './o3-openapi-document.ts';
import { o4 } from './o4-openapi-caching.ts';
import { o5 } from './o5-openapi-protobuf.ts';
import { o6 } from './o6-explain.ts';
import { o7 } from './o7-descriptions.ts';
import { o8 } from './o8-openapi-v2.ts';
import { o9 } from './o9-openapi-v2-stub.ts';
import { o10 } from './o10-openapi-v2-merge.ts';
import { o11 } from './o11-openapi-v2-etag.ts';
import { r1 } from './r1-no-crd-in-the-group.ts';
import { r2 } from './r2-registration.ts';
import { r3 } from './r3-service.ts';
import { r5 } from './r5-aggregated-roles.ts';
import { r6 } from './r6-replicas.ts';
import { s1 } from './s1-action-bodies.ts';
import { s2 } from './s2-dry-runs.ts';
import { s3 } from './s3-action-names.ts';
import { s4 } from './s4-preconditions.ts';
import { s5 } from './s5-body-limits.ts';
import { s7 } from './s7-read-only.ts';
import { t1 } from './t1-tables.ts';
import { t2 } from './t2-table-metadata.ts';
import { t3 } from './t3-include-object.ts';
import { t4 } from './t4-columns.ts';
import { t5 } from './t5-table-watch.ts';
import { t6 } from './t6-metadata.ts';
import { t7 } from './t7-transformed-bookmarks.ts';
import { t8 } from './t8-unknown-forms.ts';
import { v1 } from './v1-version-form.ts';
import { v2 } from './v2-list-versions.ts';
import { v4 } from './v4-resume.ts';
import { w1 } from './w1-frames.ts';
import { w2 } from './w2-starts.ts';
import { w3 } from './w3-streamed-lists.ts';
import { w4 } from './w4-initial-events-refused.ts';
import { w5 } from './w5-bookmarks.ts';
import { w6 } from './w6-expired.ts';
import { w7 } from './w7-selector-transitions.ts';
import { w8 } from './w8-deletions.ts';
import { w9 } from './w9-timeouts.ts';
import { w10 } from './w10-no-gap.ts';
import { w12 } from './w12-websocket.ts';
import { w13 } from './w13-sizes.ts';
import { w14 } from './w14-single-object.ts';
import { w16 } from './w16-blank-lines.ts';
import { w17 } from './w17-limits.ts';
import { x1 } from './x1-health.ts';
import { x5 } from './x5-deletion-verbs.ts';
import { x6 } from './x6-finalizers.ts';
import { x10 } from './x10-events.ts';

/** Every item that can be seen from outside, in the order of the list: the only place that names them all. */
export const items: readonly Item[] = [
  r1,
  r2,
  r3,
  r5,
  r6,
  d1,
  d2,
  d3,
  d4,
  d5,
  d6,
  d7,
  d8,
  d10,
  d12,
  o1,
  o3,
  o4,
  o5,
  o6,
  o7,
  o8,
  o9,
  o10,
  o11,
  a1,
  a5,
  a6,
  a7,
  a12,
  a13,
  a14,
  l1,
  l2,
  l3,
  l4,
  l5,
  l6,
  l7,
  l8,
  l9,
  l10,
  l11,
  l12,
  l13,
  l14,
  l15,
  l16,
  l17,
  l20,
  f1,
  f2,
  f3,
  f4,
  f5,
  f6,
  v1,
  v2,
  v4,
  w1,
  w2,
  w3,
  w4,
  w5,
  w6,
  w7,
  w8,
  w9,
  w10,
  w12,
  w13,
  w14,
  w16,
  w17,
  t1,
  t2,
  t3,
  t4,
  t5,
  t6,
  t7,
  t8,
  s1,
  s2,
  s3,
  s4,
  s5,
  s7,
  e1,
  e2,
  e3,
  e6,
  h1,
  h3,
  h5,
  x1,
  x5,
  x6,
  x10,
];
