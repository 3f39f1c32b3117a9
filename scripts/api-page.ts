import { jsonSchemaOf, type ParameterObject, parametersOf } from '../apiserver/rest/openapi/document.ts';
import { ERROR_MEANINGS, type JsonSchema, type Operation } from '../apiserver/rest/openapi/operation.ts';
import { OPERATIONS, TAGS } from '../apiserver/rest/openapi/operations.ts';

/** `docs/api.md`: the operations of `/openapi.json` for people, with commands to paste. */
export function apiPage(): string {
  return `${[INTRODUCTION, contents(), ...Object.entries(TAGS).map(section), FAILURES].join('\n\n')}\n`;
}

const INTRODUCTION = `# The REST interface

<!-- Written by \`npm run generate\` from apiserver/rest/openapi/operations.ts. -->

What is below \`/api/v1\`: the same issues as \`kubectl get issues\`, for clients that are no Kubernetes clients. A running
server describes all of this itself: \`/openapi.json\` (OpenAPI 3.1, made from the schemas that check the requests) and
\`/docs\`, a page to read and to try it on, which loads nothing from elsewhere.

## Asking

A request comes with what the cluster knows people and programs by, a bearer token or a client certificate, and is
authorized for that caller by RBAC. So does \`/openapi.json\`, which, as \`/openapi\` of Kubernetes, is for everybody who is known
and needs no right: it says what the program can be asked, and strangers need not know even that. The shortest way from a
terminal or a browser is kubectl, which lends its credentials:

\`\`\`sh
kubectl --kubeconfig .faultline/kubeconfig proxy --port 8001 &    # of \`faultline up\`
FAULTLINE=http://127.0.0.1:8001
curl -s $FAULTLINE/openapi.json | head -c 300                     # and http://127.0.0.1:8001/docs/ in a browser
\`\`\`

In a cluster the Service is asked with a token, of a ServiceAccount for example:

\`\`\`sh
kubectl -n faultline-system get secret faultline-serving -o 'go-template={{index .data "ca.crt" | base64decode}}' > ca.pem
kubectl -n faultline-system port-forward service/faultline 7443:443 &
TOKEN=$(kubectl -n shop create token ci)
curl -s --cacert ca.pem --resolve faultline.faultline-system.svc:7443:127.0.0.1 \\
  -H "Authorization: Bearer $TOKEN" https://faultline.faultline-system.svc:7443/openapi.json
kubectl --server=https://127.0.0.1:7443 --tls-server-name=faultline.faultline-system.svc \\
  --certificate-authority=ca.pem --token="$TOKEN" proxy --port 8001 &          # for a browser
\`\`\`

The requests below are sent to a server by the tests, and what they are answered has the schema that is declared.`;

const FAILURES = `## Failures

Every failure is \`{"error": "…", "details": [{"path", "message", "value", "allowed"}]}\`; \`details\` are there where single
fields are at fault. 401, and a path that nobody serves, are a Kubernetes \`Status\`.

| status | meaning |
| --- | --- |
| 401 | Nobody is known to ask: present a client certificate or a token. |
${Object.entries(ERROR_MEANINGS)
  .map(([status, meaning]) => `| ${status} | ${meaning} |`)
  .join('\n')}`;

function contents(): string {
  const rows = OPERATIONS.toSorted((a, b) => tagOrder(a) - tagOrder(b)).map(
    ({ method, path, summary, id }) => `| \`${method.toUpperCase()} ${path}\` | [${summary}](#${id.toLowerCase()}) |`,
  );
  return ['| route | |', '| --- | --- |', ...rows].join('\n');
}

function tagOrder({ tag }: Operation): number {
  return Object.keys(TAGS).indexOf(tag);
}

function section([tag, meaning]: [string, string]): string {
  const operations = OPERATIONS.filter((each) => each.tag === tag);
  return [`## ${tag}`, meaning, ...operations.map(page)].join('\n\n');
}

function page(operation: Operation): string {
  const { id, method, path, summary, description, rights, answers, errors } = operation;
  const all = Object.entries(answers).map(([status, answer]) => ({ status: Number(status), ...answer }));
  const successes = all.filter(({ status }) => status < 400);
  const failures = [401, ...errors, ...all.map(({ status }) => status).filter((status) => status >= 400)];
  return [
    `### ${id}`,
    `\`${method.toUpperCase()} ${path}\`: ${summary}.`,
    ...(description === undefined ? [] : [description]),
    `Needs ${rights}.`,
    ...parameterTable(operation),
    ...fieldTable(operation),
    fenced('sh', curl(operation)),
    [
      ...successes.map(({ status, description: meaning }) => `${status}: ${meaning}`),
      `Fails with ${[...new Set(failures)].toSorted((a, b) => a - b).join(', ')}.`,
    ].join('  \n'),
    ...successes.flatMap(({ body }) => (body ? [fenced('json', JSON.stringify(body.example, null, 2))] : [])),
  ].join('\n\n');
}

function parameterTable(operation: Operation): string[] {
  const rows = parametersOf(operation).map(
    (each) => `| \`${each.name}\` | ${each.in}${each.required ? ', required' : ''} | ${explained(each)} |`,
  );
  return rows.length > 0 ? ['| parameter | in | |\n| --- | --- | --- |\n'.concat(rows.join('\n'))] : [];
}

/** The first level of a body; what is deeper stands in the schema of /docs and in the example. */
function fieldTable({ body }: Operation): string[] {
  if (!body) return [];
  const schema = jsonSchemaOf(body.schema);
  // One, or a list of the same.
  const { properties, required = [] } = schema.properties
    ? schema
    : ((schema.anyOf as JsonSchema[] | undefined)?.[0] ?? {});
  if (!properties) return [];
  const rows = Object.entries(properties).map(
    ([name, { description, ...schema }]) =>
      `| \`${name}\` | ${required.includes(name) ? 'required' : ''} | ${explained({ schema, description: description as string })} |`,
  );
  return [`| field | | |\n| --- | --- | --- |\n${rows.join('\n')}`];
}

function explained({ schema, description }: { schema: ParameterObject['schema']; description?: string | undefined }) {
  const { enum: values, default: standard, type, format, minimum, maximum } = schema as Record<string, unknown>;
  const range = minimum !== undefined && maximum !== undefined ? `, ${minimum} to ${maximum}` : '';
  const kind = Array.isArray(values)
    ? values.map((value) => `\`${value}\``).join(', ')
    : `${format ?? [type ?? 'any'].flat().join(' or ')}${range}`;
  const otherwise = standard === undefined ? '' : ` Default: \`${JSON.stringify(standard)}\`.`;
  return `${kind}.${description === undefined ? '' : ` ${description.replaceAll('|', '\\|')}`}${otherwise}`;
}

function curl({ method, path, examplePath = path, exampleHeaders = {}, body }: Operation): string {
  const url = /[?&]/.test(examplePath) ? `"$FAULTLINE${examplePath}"` : `$FAULTLINE${examplePath}`;
  const verb = method === 'get' || (method === 'post' && body) ? '' : ` -X ${method.toUpperCase()}`;
  const headers = Object.entries(exampleHeaders).map(([name, value]) => ` \\\n  -H '${name}: ${value}'`);
  if (!body) return `curl -s${verb} ${url}${headers.join('')}`;
  const [mediaType = 'application/json'] = body.mediaTypes ?? [];
  const text = JSON.stringify(body.example, null, 2).replaceAll("'", "'\\''");
  return `curl -s${verb} ${url}${headers.join('')} -H 'Content-Type: ${mediaType}' -d '${text}'`;
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}
