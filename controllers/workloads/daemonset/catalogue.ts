import { defineFindings } from '../../index.ts';
import { POD_ENTRIES } from '../pods/catalogue.ts';
import { REPLICA_ENTRIES } from '../replicas/catalogue.ts';

export const FINDINGS = defineFindings({ ...REPLICA_ENTRIES, ...POD_ENTRIES });
