import { defineFindings } from '../../index.ts';

export const FINDINGS = defineFindings({
  QuotaExhausted: {
    key: 'quota/<resource>',
    type: 'workload',
    severity: 'major',
    meaning: 'A resource of the quota is used up: whatever needs more of it is refused.',
    remedy: 'Free some of it, or raise the quota.',
  },
  QuotaNearLimit: {
    key: 'quota/<resource>',
    type: 'workload',
    severity: 'minor',
    meaning: 'A resource of the quota is used up to `threshold`.',
    remedy: 'Free some of it, or raise the quota before something is refused.',
  },
});
