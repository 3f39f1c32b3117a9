import type { ControllerDefinition, ObjectLike, Observation, Verdict } from '../../controllers/index.ts';
import { readOver } from './read.ts';

/** What a controller says of one recorded object, in the form of the golden files. */
export interface Judged {
  run: string;
  subject?: string;
  aspect?: string;
  verdict: string;
  severity?: string;
  type?: string;
  title?: string;
}

/** Every object that the controller watches, in the order of namespace and name. */
export async function judge<T extends ObjectLike, O>(
  controller: ControllerDefinition<T, O>,
  objects: readonly ObjectLike[],
  rawOptions: object = {},
): Promise<Judged[]> {
  const options = (controller.options?.validate(rawOptions).value ?? {}) as O;
  const watched = objects.filter((object) => object.kind === controller.watches.kind).sort(byName);
  return Promise.all(
    watched.map(async (object) => {
      const verdict = await controller.observe(
        object as Parameters<typeof controller.observe>[0],
        readOver(object, objects),
        options,
      );
      return judged(nameOf(object), verdict);
    }),
  );
}

/** The subjects whose newest observation fails, with the runs that failed since the last healthy one. */
export async function openIssues<T extends ObjectLike, O>(
  controller: ControllerDefinition<T, O>,
  objects: readonly ObjectLike[],
): Promise<Record<string, string[]>> {
  const options = (controller.options?.validate({}).value ?? {}) as O;
  const looks: { run: string; uid: string; observation: Observation }[] = [];
  for (const object of objects.filter(({ kind }) => kind === controller.watches.kind)) {
    const verdict = await controller.observe(
      object as Parameters<typeof controller.observe>[0],
      readOver(object, objects),
      options,
    );
    if (!('undecided' in verdict)) {
      looks.push({ run: nameOf(object), uid: object.metadata.uid ?? '', observation: verdict as Observation });
    }
  }
  looks.sort((a, b) => (orderKey(a) < orderKey(b) ? -1 : 1));
  const issues: Record<string, string[]> = {};
  for (const { run, observation } of looks) {
    const key = `${subjectOf(observation)} ${observation.subject.aspect ?? ''}`.trim();
    if (observation.findings.length === 0) delete issues[key];
    else issues[key] = [...(issues[key] ?? []), run];
  }
  return issues;
}

function judged(run: string, verdict: Verdict): Judged {
  if ('undecided' in verdict)
    return { run, verdict: `undecided: ${verdict.undecided}${verdict.final ? ' (final)' : ''}` };
  const observation = verdict as Observation;
  const { aspect } = observation.subject;
  const about = { run, subject: subjectOf(observation), ...(aspect === undefined ? {} : { aspect }) };
  const [finding] = observation.findings;
  if (finding === undefined) return { ...about, verdict: 'healthy' };
  return { ...about, verdict: finding.reason, severity: finding.severity, type: finding.type, title: finding.title };
}

/** Field by field as design.md's order keys; here all times are UTC in whole seconds. */
function orderKey({ uid, observation, run }: { uid: string; observation: Observation; run: string }): string {
  return [observation.completedAt ?? '', observation.createdAt ?? '', uid, run].join(' ');
}

function subjectOf({ subject }: Observation): string {
  return `${subject.kind} ${subject.namespace}/${subject.name}`;
}

function nameOf({ metadata }: ObjectLike): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function byName(a: ObjectLike, b: ObjectLike): number {
  return nameOf(a) < nameOf(b) ? -1 : 1;
}
