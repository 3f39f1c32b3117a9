import { ensure, type Item } from '../item.ts';
import { keyOf } from '../loose.ts';

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const LABEL_NAME = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

export const l5: Item = {
  number: 'L5',
  level: 'MUST',
  requirement: 'Names are RFC 1123 subdomains, and labels are such that selectors can name them.',
  breaks: 'URLs with such names; kubectl and client-go refuse selectors with such labels.',
  async check(subject) {
    for (const object of await subject.objects()) {
      const { name = '', labels = {} } = object.metadata ?? {};
      ensure(name.length <= 253 && SUBDOMAIN.test(name), `"${name}" is no RFC 1123 subdomain`);
      for (const [label, value] of Object.entries(labels)) {
        ensure(LABEL_NAME.test(label), `${keyOf(object)} has the label "${label}"`);
        const legal = typeof value === 'string' && value.length <= 63 && LABEL_VALUE.test(value);
        ensure(legal, `${keyOf(object)} has the label ${label} with the value ${JSON.stringify(value)}`);
      }
    }
  },
};
