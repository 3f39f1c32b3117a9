import type { ControllerOptions } from './controller-options.ts';
import type { GoneSubjects } from './gone-subjects.ts';
import type { ActiveSubject, Leadership } from './lead.ts';
import type { Outcome } from './ledger.ts';
import { kindId, namespaceOf } from './object.ts';
import { subjectIdOf } from './observation.ts';
import type { Reporting } from './reporting.ts';

export interface ActiveSubjectsOptions extends Pick<ControllerOptions, 'controller' | 'primary' | 'covers' | 'live'> {
  readonly gone: GoneSubjects;
  readonly reporting: Reporting;
  /** Of the last look at an object. */
  readonly outcomeOf: (key: string) => Outcome | undefined;
}

/** What the engine believes when a round is over, against what was seen: nobody may have been looking for a while. */
export class ActiveSubjects {
  readonly #options: ActiveSubjectsOptions;

  /** Objects of which something may be stored that none of them speaks about here; undefined until that is known. */
  #remembered: Set<string> | undefined;

  constructor(options: ActiveSubjectsOptions) {
    this.#options = options;
  }

  /** Whether something from an earlier epoch may be stored about this object. */
  isRemembered(key: string): boolean {
    return this.#remembered?.has(key) ?? true;
  }

  /**
   * Says of what its object speaks about no more that it is gone. Returns the keys of the subjects that are gone
   * themselves.
   */
  async compare(leads: Leadership): Promise<readonly string[]> {
    const { live, gone, controller } = this.#options;
    const comparesObjects = controller.definition.onDelete === 'resolve';
    if (!live || !(gone.hasKinds || comparesObjects)) return [];
    const keys: string[] = [];
    const remembered = new Set<string>();
    for (const active of await leads.activeSubjects()) {
      if (comparesObjects) for (const key of this.#compareObject(active)) remembered.add(key);
      const key = this.#goneKey(active);
      if (key !== undefined) keys.push(key);
    }
    this.#remembered = remembered;
    return keys;
  }

  #goneKey({ namespace, subject }: ActiveSubject): string | undefined {
    const { covers, gone } = this.#options;
    if (covers?.(namespace) === false) return undefined;
    const key = gone.remember(namespace, subject);
    return key !== undefined && gone.gone(key) !== undefined ? key : undefined;
  }

  /**
   * A state that is there and was decided, and said nothing about this: it did before, and speaks for it no more. Returns
   * the keys of what it may be stored for.
   */
  #compareObject(active: ActiveSubject): readonly string[] {
    const { primary, covers, reporting, outcomeOf, controller } = this.#options;
    const { namespace, subject } = active;
    const subjectId = subjectIdOf(namespace, subject);
    if (reporting.isClaimed(subjectId)) return [];
    const keys = this.#observedKeys(active);
    const present = keys.filter((key) => primary.cache.get(key) !== undefined);
    const isDecided = (key: string): boolean =>
      covers?.(namespaceOf(key)) !== false && DECIDED.has(outcomeOf(key) ?? 'undecided');
    const [key] = present;
    const object = key === undefined ? undefined : primary.cache.get(key);
    if (controller.definition.order === 'state' && key !== undefined && object && present.every(isDecided)) {
      reporting.owe(key, object, new Map([[subjectId, { namespace, subject }]]));
    }
    return keys;
  }

  /** Issues do not keep the namespace of what was observed: it is the or the subject's, or none. */
  #observedKeys({ namespace, subject, observed }: ActiveSubject): string[] {
    const { apiVersions, kind } = this.#options.primary;
    if (observed === undefined) return [];
    if (kindId(observed.apiVersion, observed.kind) !== kindId(apiVersions[0] ?? '', kind)) return [];
    return [...new Set([namespace, subject.namespace ?? '', ''])].map((place) => `${place}/${observed.name}`);
  }
}

const DECIDED: ReadonlySet<Outcome> = new Set(['healthy', 'failing']);
