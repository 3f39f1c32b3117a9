import { describe, expect, it } from 'vitest';
import type { ResourceModule } from '../../kube/index.ts';
import { nameFaults } from './module-faults.ts';
import { gadgets } from './testing/gadgets.ts';

const named = (kind: string, plural = 'things'): ResourceModule =>
  ({ ...gadgets(), kind, plural }) as unknown as ResourceModule;

describe('the kind of a resource', () => {
  it.each([
    ['IssueSnooze', `the name "issuesnooze" is taken by Faultline's own IssueSnooze`],
    ['IssueResolution', `the name "issueresolution" is taken by Faultline's own IssueResolution`],
    ['IssueAcknowledgement', `the name "issueacknowledgement" is taken by Faultline's own IssueAcknowledgement`],
    ['IssueList', `the name "issuelist" is taken by Faultline's own issues`],
    ['IssueReportList', `the name "issuereportlist" is taken by Faultline's own issuereports`],
  ])('%s is taken', (kind, told) => {
    expect(nameFaults(named(kind), [])).toEqual([told]);
  });

  it('is not that of the list of another one, whichever comes first', () => {
    const gadget = { module: named('Gadget', 'gadgets'), path: 'resources[0]' };
    const list = { module: named('GadgetList'), path: 'resources[0]' };
    expect(nameFaults(list.module, [gadget])).toEqual(['the name "gadgetlist" is taken by resources[0]']);
    expect(nameFaults(gadget.module, [list])).toEqual(['the name "gadgetlist" is taken by resources[0]']);
    expect(nameFaults(named('Gizmo'), [gadget])).toEqual([]);
  });
});
