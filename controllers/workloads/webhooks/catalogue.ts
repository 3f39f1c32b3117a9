import { defineFindings } from '../../index.ts';

export const FINDINGS = defineFindings({
  WebhookUnreachable: {
    key: 'service/<namespace>/<name>',
    type: 'workload',
    severity: 'critical',
    meaning:
      'The Service of a webhook has been seen not to exist, or has had no ready endpoint, for longer than `missingFor`, and the failure policy is `Fail`: the requests it is for are refused.',
    remedy: 'Bring the Pods of the Service back, or delete the configuration if what it belongs to was removed.',
  },
  WebhookSkipped: {
    key: 'service/<namespace>/<name>',
    type: 'workload',
    severity: 'minor',
    meaning: 'The same with the failure policy `Ignore`: requests pass without being checked or changed.',
    remedy: 'Bring the Pods of the Service back, or delete the configuration if what it belongs to was removed.',
  },
});
