import { defineFindings } from '../../index.ts';
import { JOB_ENTRIES } from '../jobs/catalogue.ts';
import { POD_ENTRIES } from '../pods/catalogue.ts';

export const FINDINGS = defineFindings({ ...JOB_ENTRIES, ...POD_ENTRIES });
