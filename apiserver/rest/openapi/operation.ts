import type Joi from 'joi';

/** A JSON Schema of draft 2020-12, as OpenAPI 3.1 takes it. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** What describes a value: the Joi schema that validates it, or a JSON Schema where Joi's export says less. */
export type Described = Joi.Schema | JsonSchema;

/**
 * A message with an example that its schema accepts. The examples are one story, in the order of the table: a value of 8
 * characters or more with a digit that an answer's example gives, such as an id, is the server's real one when a later
 * example quotes it, in the tests that send them all.
 */
export interface Message {
  readonly schema: Described;
  readonly example: unknown;
}

/**
 * One route of `/api/v1` as its callers see it. `/openapi.json`, `/docs` and docs/api.md are made from these alone, and a
 * test compares them with the routes that are served: neither may lack what the other has.
 */
export interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With parameters in braces: `/api/v1/sources/{source}/sync`. */
  readonly path: string;
  /** Unique, camelCase: what client generators call the function. */
  readonly id: string;
  /** One of `TAGS`. */
  readonly tag: string;
  /** One line without a full stop. */
  readonly summary: string;
  /** Markdown. */
  readonly description?: string;
  /** What RBAC must allow, for people. */
  readonly rights: string;
  /** Who asks proves it to a receiver, not to the cluster. */
  readonly authentication?: 'receiver';
  /** An object with the parameters of the path as its members. Default: each is a string that is not empty. */
  readonly params?: Joi.ObjectSchema;
  /** The object schema that the query is checked with. */
  readonly query?: Joi.ObjectSchema;
  readonly headers?: Joi.ObjectSchema;
  readonly exampleHeaders?: Readonly<Record<string, string>>;
  /** A path with its parameters and query filled in, for the curl example. Default: `path`. */
  readonly examplePath?: string;
  readonly body?: Message & { readonly mediaTypes?: readonly string[] };
  /**
   * The answer when all is well, without `body` an empty one; several statuses may mean that. And failures that are not
   * answered as `errors` are.
   */
  readonly answers: Readonly<Record<number, { readonly description: string; readonly body?: Message }>>;
  /** Passes over what it does not know: the API whose place it takes does, and its clients rely on it. */
  readonly lenient?: boolean;
  /** Statuses of failures besides 401, which every operation has. */
  readonly errors: readonly (keyof typeof ERROR_MEANINGS)[];
}

/** What a failure means, in the order of the statuses. */
export const ERROR_MEANINGS = {
  400: 'The request cannot be understood; `details` names each fault with its path.',
  403: 'The right is missing; the message names it.',
  404: 'There is no such thing, or the caller may not know of it.',
  409: 'It contradicts what is stored by now.',
  413: 'The body is too large.',
  415: 'The body is not of a media type that is taken.',
  422: 'The body is understood, and does not fit; `details` names each fault with its path.',
  429: 'Too much waits already: try again after `Retry-After`.',
  503: 'The database, the rights or the namespaces cannot be asked: try again after `Retry-After`.',
} as const;
