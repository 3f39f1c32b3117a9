import { HTTP_CODES, type Reason } from '../apiserver/kube/status.ts';
import { EXIT } from '../cli/exit.ts';

/** `docs/errors.md`: what every reason and exit code means and what to do. The compiler keeps both tables complete. */
const REASONS: Record<Reason, string> = {
  BadRequest:
    'The request cannot be understood: a selector with an unknown field, a body that is no JSON. The message says what.',
  Unauthorized: 'No valid credentials: an expired token, a certificate of another authority.',
  Forbidden: 'RBAC does not allow it; the message names user, verb and namespace. See [Rights](operate.md#rights).',
  NotFound: 'There is no such issue (any more), namespace or path.',
  MethodNotAllowed: 'Issues are read-only: fix the cause, and they resolve.',
  NotAcceptable: 'None of the media types in `Accept` is served.',
  Conflict: 'A precondition does not hold, or somebody else leads this source by now.',
  AlreadyExists: 'An object of that name exists.',
  Expired:
    'The `resourceVersion` or `continue` token is older than the change log: list again. Clients do so by themselves.',
  RequestEntityTooLarge: 'The body is too large (reports: 3 MiB): send less at once.',
  UnsupportedMediaType: 'The `Content-Type` of the body is not taken.',
  Invalid: '`details` names every fault with its path.',
  TooManyRequests: 'Too much waits already: try again after `Retry-After`.',
  InternalError:
    "A fault of ours; the server's log has the cause. With `Retry-After`: the cluster cannot be asked what the caller may.",
  ServiceUnavailable:
    'The database, or whoever knows rights and namespaces, cannot be asked: try again after `Retry-After`.',
  Timeout:
    'This replica has not reached the `resourceVersion` that was asked for, or the request took too long: try again.',
};

const EXITS: Record<keyof typeof EXIT, string> = {
  ok: 'done',
  failure: 'failed; one line a fault says what to do',
  usage: 'unknown command or flag, missing or contradicting arguments',
  found: '`--exit-code` was given and something is broken',
  interrupted: 'stopped before the work was done',
};

export function errorsPage(): string {
  const reasons = Object.entries(HTTP_CODES).map(
    ([reason, code]) => `| ${code} | \`${reason}\` | ${REASONS[reason as Reason]} |`,
  );
  const exits = Object.entries(EXIT).map(([name, code]) => `| ${code} | ${EXITS[name as keyof typeof EXIT]} |`);
  return `# Errors

<!-- Written by \`npm run generate\`. -->

## Answers of the API

Every answer that is not a success is a \`Status\` with a reason. Reports have a status each: see [Reports](reports.md#answers).

| code | reason | meaning |
| --- | --- | --- |
${reasons.join('\n')}

## Exit codes of \`faultline\`

| code | meaning |
| --- | --- |
${exits.join('\n')}
`;
}
