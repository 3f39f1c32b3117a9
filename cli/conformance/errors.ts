import type { Answer } from './client.ts';
import { ensure } from './item.ts';
import type { Loose } from './loose.ts';

/** Reasons as `k8s.io/apimachinery` gives them to codes. */
export const REASONS: Readonly<Record<number, readonly string[]>> = {
  400: ['BadRequest'],
  401: ['Unauthorized'],
  403: ['Forbidden'],
  404: ['NotFound'],
  405: ['MethodNotAllowed'],
  406: ['NotAcceptable'],
  409: ['Conflict', 'AlreadyExists'],
  410: ['Expired', 'Gone'],
  413: ['RequestEntityTooLarge'],
  415: ['UnsupportedMediaType'],
  422: ['Invalid'],
  429: ['TooManyRequests'],
  500: ['InternalError'],
  503: ['ServiceUnavailable'],
  504: ['Timeout'],
};

/** The Status of a refusal; fails the item when it is anything else, or none of the codes. */
export function refusal(answer: Answer, ...codes: readonly number[]): Loose {
  ensure(
    codes.includes(answer.status),
    `${answer.question} answered ${answer.status} instead of ${codes.join(' or ')}: ${answer.beginning}`,
  );
  const status = answer.json();
  ensure(status.kind === 'Status', `${answer.question} answered ${answer.status} with no Status: ${answer.beginning}`);
  return status;
}

/** The answer of a request that has to succeed. */
export function success(answer: Answer): Answer {
  ensure(answer.status === 200, `${answer.question} answered ${answer.status} instead of 200: ${answer.beginning}`);
  return answer;
}
