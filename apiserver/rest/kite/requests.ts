import type { IssueState, Severity } from '../../../crds/issue.ts';
import { KiteError, validationFailed } from './errors.ts';
import { KITE_TYPES, type OnMapped, severityOf, stateOf } from './words.ts';

/**
 * Bodies of Kite's requests. What is missing is told in the words of Kite's validator, because clients show them; like it,
 * what is empty is missing, and what nobody knows is passed over.
 */
type Body = Readonly<Record<string, unknown>>;

export interface CreateRequest {
  readonly title: string;
  readonly description: string;
  readonly severity: Severity;
  readonly issueType: string;
  readonly state: IssueState;
  readonly namespace: string;
  readonly scope: { readonly resourceType: string; readonly resourceName: string; readonly resourceNamespace: string };
  readonly links: readonly RequestLink[];
}

export interface RequestLink {
  readonly title: string;
  readonly url: string;
}

/** Absent members leave what is stored. */
export interface UpdateRequest {
  readonly title?: string;
  readonly description?: string;
  readonly severity?: Severity;
  readonly issueType?: string;
  readonly state?: IssueState;
  readonly namespace?: string;
  readonly scope?: Partial<CreateRequest['scope']>;
  readonly links: readonly RequestLink[];
}

export function parseCreate(input: unknown, onMapped: OnMapped): CreateRequest {
  const body = new Fields(input, 'CreateIssueRequest', 'Invalid request body');
  const scope = body.inner('scope', 'Scope');
  body.require('title', 'description', 'severity', 'issueType', 'namespace');
  scope.require('resourceType', 'resourceName');
  const links = linksOf(body);
  body.done();
  const namespace = body.text('namespace');
  return {
    title: body.text('title'),
    description: body.text('description'),
    severity: requireSeverity(body.text('severity'), onMapped),
    issueType: requireType(body.text('issueType')),
    state: body.text('state') === '' ? 'Active' : requireState(body.text('state')),
    namespace,
    scope: {
      resourceType: scope.text('resourceType'),
      resourceName: scope.text('resourceName'),
      resourceNamespace: scope.text('resourceNamespace') || namespace,
    },
    links,
  };
}

export function parseUpdate(input: unknown, onMapped: OnMapped): UpdateRequest {
  const body = new Fields(input, 'UpdateIssueRequest', 'Invalid request body');
  const scope = body.inner('scope', 'Scope');
  const links = linksOf(body);
  const texts = ['title', 'description', 'severity', 'issueType', 'state', 'namespace'] as const;
  for (const name of texts) body.text(name);
  for (const name of SCOPE) scope.text(name);
  body.done();
  const { severity, issueType, state, ...rest } = body.given(...texts);
  const given = scope.given(...SCOPE);
  return {
    ...rest,
    ...(severity !== undefined && { severity: requireSeverity(severity, onMapped) }),
    ...(issueType !== undefined && { issueType }),
    ...(state !== undefined && { state: requireState(state) }),
    ...(Object.keys(given).length > 0 && { scope: given }),
    links,
  };
}

const SCOPE = ['resourceType', 'resourceName', 'resourceNamespace'] as const;

function linksOf(body: Fields): RequestLink[] {
  return body.list('links').map((each, at) => {
    const link = new Fields(each, `${body.struct}.Links[${at}]`, body.error, body);
    link.require('title', 'url');
    return { title: link.text('title'), url: link.text('url') };
  });
}

export function requireSeverity(text: string, onMapped: OnMapped): Severity {
  const severity = severityOf(text, onMapped);
  if (severity === undefined) throw validationFailed('invalid severity value');
  return severity;
}

export function requireType(text: string): string {
  if (!KITE_TYPES.some((type) => type === text)) throw validationFailed('invalid issueType value');
  return text;
}

export function requireState(text: string): IssueState {
  const state = stateOf(text);
  if (state === undefined) throw validationFailed('invalid state value');
  return state;
}

/** The members of one JSON object, read with Kite's rules; all faults are told at once by `done`. */
export class Fields {
  readonly struct: string;
  readonly error: string;
  readonly #body: Body;
  readonly #faults: string[];

  /** `struct`: what Kite calls it in its faults. `error`: what the answer says when there are any. */
  constructor(input: unknown, struct: string, error: string, outer?: Fields) {
    this.struct = struct;
    this.error = error;
    this.#faults = outer ? outer.#faults : [];
    const isObject = typeof input === 'object' && input !== null && !Array.isArray(input);
    if (!isObject && input !== undefined) this.#faults.push(`${struct} must be a JSON object`);
    this.#body = isObject ? (input as Body) : {};
  }

  require(...names: readonly string[]): void {
    for (const name of names) {
      if (this.text(name) === '' && !this.#isFaulty(name)) this.#faults.push(missing(this.struct, name));
    }
  }

  /** Empty when it is absent or null. */
  text(name: string): string {
    const value = this.#body[name] ?? '';
    if (typeof value === 'string') return value;
    const fault = this.#typeFault(name, 'a string');
    if (!this.#faults.includes(fault)) this.#faults.push(fault);
    return '';
  }

  list(name: string): readonly unknown[] {
    const value = this.#body[name] ?? [];
    if (Array.isArray(value)) return value;
    this.#faults.push(this.#typeFault(name, 'a list'));
    return [];
  }

  texts(name: string): readonly string[] {
    const list = this.list(name);
    if (!list.every((each) => typeof each === 'string')) this.#faults.push(this.#typeFault(name, 'a list of strings'));
    return list.map(String);
  }

  inner(name: string, field: string): Fields {
    return new Fields(this.#body[name] ?? undefined, `${this.struct}.${field}`, this.error, this);
  }

  /** Those that are neither absent nor empty. */
  given<Name extends string>(...names: readonly Name[]): { [K in Name]?: string } {
    const entries = names.map((name) => [name, this.text(name)] as const).filter(([, value]) => value !== '');
    return Object.fromEntries(entries) as { [K in Name]?: string };
  }

  /** Throws when there were faults, also those of the `inner` ones. */
  done(): void {
    if (this.#faults.length > 0) throw new KiteError(400, this.error, this.#faults.join('\n'));
  }

  #isFaulty(name: string): boolean {
    return this.#faults.includes(this.#typeFault(name, 'a string'));
  }

  #typeFault(name: string, what: string): string {
    return `${this.struct}.${name} must be ${what}`;
  }
}

/** The words of go-playground/validator. */
function missing(struct: string, name: string): string {
  const field = FIELD_NAMES[name] ?? name[0]?.toUpperCase() + name.slice(1);
  return `Key: '${struct}.${field}' Error:Field validation for '${field}' failed on the 'required' tag`;
}

/** Where Kite's field is called other than its JSON. */
const FIELD_NAMES: Readonly<Record<string, string>> = { url: 'URL', release: 'ReleaseName' };
