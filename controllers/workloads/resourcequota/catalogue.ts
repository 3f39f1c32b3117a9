import { defineFindings } from '../../index.ts';

export const FINDINGS = defineFindings({
  QuotaExhausted: {
    key: 'quota/<resource>',
    type: 'workload',
    severity: 'major',
    meaning: 'A resource of the quota has been seen to be used up for `usedFor`: whatever needs more of it is refused.',
    remedy: 'Free some of it, or raise the quota.',
  },
  QuotaNearLimit: {
    key: 'quota/<resource>',
    type: 'workload',
    severity: 'minor',
    meaning:
      'A resource of the quota has been seen to be used up to `threshold` for `usedFor`, and not to `margin` less since.',
    remedy: 'Free some of it, or raise the quota before something is refused.',
  },
  ObjectCountReached: {
    key: 'quota/<resource>',
    type: 'workload',
    severity: 'info',
    meaning:
      'There have been as many objects of a kind (`pods`, `services.loadbalancers`, `count/…`) as the quota allows for `usedFor`, which is often what it is for.',
    remedy: 'Delete some of them, or raise the quota, if more are needed.',
  },
});
