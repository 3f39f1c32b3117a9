import { defineFindings } from '../../index.ts';
import { POD_ENTRIES } from '../pods/catalogue.ts';
import { CREATION_ENTRIES, REPLICA_ENTRIES } from '../replicas/catalogue.ts';

export const FINDINGS = defineFindings({ ...REPLICA_ENTRIES, ...CREATION_ENTRIES, ...POD_ENTRIES });
