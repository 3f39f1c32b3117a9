import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { TestApi } from './testing/test-api.ts';
import { WIDGETS_PATH, widget, widgetSource } from './testing/widgets.ts';

const YAML = { accept: 'application/yaml' };
const ONE = '/apis/example.dev/v1/namespaces/n/widgets/a';

async function stocked(): Promise<TestApi> {
  const source = widgetSource();
  source.put(widget({ name: 'a', labels: { on: 'yes', size: '07', at: '2026-11-21' }, note: 'a: "b"\n# c\n' }));
  source.put(widget({ name: 'b', note: '~' }));
  return TestApi.start({ source });
}

describe('YAML', () => {
  it.each([
    ONE,
    WIDGETS_PATH,
    `${WIDGETS_PATH}?limit=1`,
    `${WIDGETS_PATH}?fieldSelector=metadata.name%3Dnone`,
    `${ONE}x`,
    `${WIDGETS_PATH}?labelSelector=(`,
  ])('L3 %s is the same in YAML as in JSON, for readers of YAML 1.2 and 1.1', async (path) => {
    await using api = await stocked();
    const json = await api.send(path);
    const yaml = await api.send(path, { headers: YAML });
    expect(yaml.status).toBe(json.status);
    expect(yaml.headers['content-type']).toBe('application/yaml');
    expect(parse(yaml.text)).toEqual(json.json());
    expect(parse(yaml.text, { version: '1.1' })).toEqual(json.json());
  });

  it.each([
    'application/yaml;as=Table;v=v1;g=meta.k8s.io',
    'application/yaml;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  ])('L3 T1 T6 a list is transformed in YAML too: %s', async (accept) => {
    await using api = await stocked();
    const json = await api.json(WIDGETS_PATH, accept.replace('yaml', 'json'));
    expect(parse((await api.send(WIDGETS_PATH, { headers: { accept } })).text)).toEqual(json);
  });

  it('L3 a watch is not served in YAML: 406, as YAML', async () => {
    await using api = await stocked();
    const answer = await api.send(`${WIDGETS_PATH}?watch=true`, { headers: YAML });
    expect(answer.status).toBe(406);
    expect(parse(answer.text)).toMatchObject({
      reason: 'NotAcceptable',
      message: 'only the following media types are accepted: application/json;stream=watch',
    });
  });

  it('L3 a long list in YAML lets others in between its items', async () => {
    const source = widgetSource();
    for (let index = 0; index < 2_000; index++) source.put(widget({ name: `w${index}` }));
    await using api = await TestApi.start({ source });
    await api.json(`${WIDGETS_PATH}?limit=1`);
    const finished: string[] = [];
    const list = api.send(WIDGETS_PATH, { headers: YAML }).then((answer) => {
      finished.push('list');
      return answer;
    });
    await api.json('/apis/example.dev/v1').then(() => finished.push('probe'));
    expect((parse((await list).text) as { items: unknown[] }).items).toHaveLength(2_000);
    expect(finished).toEqual(['probe', 'list']);
  });
});
