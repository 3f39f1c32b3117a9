import { escapeForTerminal } from '../../../crds/text.ts';
import { yamlText } from '../../printers/yaml-text.ts';
import type { Output } from '../../streams.ts';
import type { Page } from '../issues.ts';
import type { Printer } from './printer.ts';

/**
 * `-o json` as kubectl: a `List` whose items are written as they come, or each object on its own (`single`: one name,
 * or a watch).
 */
export function jsonPrinter(single: boolean, out: Output): Printer {
  let isFirst = true;
  return {
    table: false,
    objects: true,
    page({ rows }: Page) {
      for (const { object } of rows) {
        const text = escapeForTerminal(JSON.stringify(object, null, 4));
        if (single) out.write(`${text}\n`);
        else out.write(`${isFirst ? LIST_BEGIN : ','}\n        ${text.replaceAll('\n', '\n        ')}`);
        isFirst = false;
      }
    },
    end() {
      if (!single) out.write(`${isFirst ? `${LIST_BEGIN}]` : '\n    ]'},${LIST_END}`);
    },
  };
}

const LIST_BEGIN = '{\n    "apiVersion": "v1",\n    "items": [';
const LIST_END = '\n    "kind": "List",\n    "metadata": {\n        "resourceVersion": ""\n    }\n}\n';

/** The same in YAML; objects of a watch are documents. */
export function yamlPrinter(single: boolean, out: Output): Printer {
  let isFirst = true;
  return {
    table: false,
    objects: true,
    page({ rows }: Page) {
      for (const { object } of rows) {
        const begin = single ? (isFirst ? '' : '---\n') : isFirst ? 'apiVersion: v1\nitems:\n' : '';
        out.write(begin + yamlText(single ? object : [object]));
        isFirst = false;
      }
    },
    end() {
      if (single) return;
      out.write(`${isFirst ? 'apiVersion: v1\nitems: []\n' : ''}kind: List\nmetadata:\n  resourceVersion: ""\n`);
    },
  };
}
