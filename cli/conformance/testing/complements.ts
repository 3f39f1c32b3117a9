import { stringify } from 'yaml';
import { changeAnswer, type Exchange } from './exchange.ts';

/** What a correct server could do besides, and ours leaves out: YAML, and discovery as v2beta1. */
export async function complements(exchange: Exchange): Promise<void> {
  const { headers } = exchange.request;
  const { accept = '' } = headers;
  if (accept === 'application/yaml') {
    headers.accept = 'application/json';
    return changeAnswer(exchange, (answer) => {
      exchange.response.setHeader('Content-Type', 'application/yaml');
      answer.body = Buffer.from(stringify(JSON.parse(answer.body.toString())));
    });
  }
  if (accept.includes('v=v2beta1') && accept.includes('APIGroupDiscoveryList')) {
    headers.accept = accept.replace('v2beta1', 'v2');
    return changeAnswer(exchange, (answer) => {
      exchange.response.setHeader('Content-Type', accept);
      answer.body = Buffer.from(
        answer.body.toString().replace('apidiscovery.k8s.io/v2', 'apidiscovery.k8s.io/v2beta1'),
      );
    });
  }
  await exchange.next();
}
