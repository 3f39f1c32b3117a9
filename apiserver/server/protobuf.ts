/**
 * As much of protobuf as it takes to read a small request of kubectl, whose typed clients write
 * `application/vnd.kubernetes.protobuf` and have no second try in JSON. Answers are JSON: those clients accept it.
 */

/** Content of a field: a length-delimited one as bytes, any other left out. The last of repeated fields wins. */
export type ProtobufFields = ReadonlyMap<number, Buffer>;

/** Before every Kubernetes object in protobuf (`k8s.io/apimachinery/pkg/runtime/serializer/protobuf`). */
const MAGIC = Buffer.from('k8s\0');

/** The object inside the envelope (`runtime.Unknown`): its type, and its own fields. Throws when it is none. */
export function decodeKubernetesObject(body: Buffer): { apiVersion: string; kind: string; fields: ProtobufFields } {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error('not a Kubernetes object in protobuf');
  const envelope = decodeFields(body.subarray(MAGIC.length));
  const type = decodeFields(envelope.get(1) ?? Buffer.alloc(0));
  return { apiVersion: text(type, 1), kind: text(type, 2), fields: message(envelope, 2) };
}

/** The fields of an embedded message; none when it is absent. */
export function message(fields: ProtobufFields, number: number): ProtobufFields {
  return decodeFields(fields.get(number) ?? Buffer.alloc(0));
}

/** A string field; '' when it is absent. */
export function text(fields: ProtobufFields, number: number): string {
  return fields.get(number)?.toString('utf8') ?? '';
}

function decodeFields(bytes: Buffer): ProtobufFields {
  const fields = new Map<number, Buffer>();
  let offset = 0;
  while (offset < bytes.length) {
    const tag = varint(bytes, offset);
    const content = contentOf(bytes, tag.end, tag.value & 7);
    if (content.bytes !== undefined) fields.set(tag.value >>> 3, content.bytes);
    offset = content.end;
  }
  return fields;
}

/** Wire types: 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
function contentOf(bytes: Buffer, offset: number, wireType: number): { bytes?: Buffer; end: number } {
  switch (wireType) {
    case 0:
      return { end: varint(bytes, offset).end };
    case 1:
      return { end: within(bytes, offset + 8) };
    case 2: {
      const length = varint(bytes, offset);
      const end = within(bytes, length.end + length.value);
      return { bytes: bytes.subarray(length.end, end), end };
    }
    case 5:
      return { end: within(bytes, offset + 4) };
    default:
      throw new Error(`protobuf wire type ${wireType} is not supported`);
  }
}

function varint(bytes: Buffer, offset: number): { value: number; end: number } {
  let value = 0;
  for (let index = offset, shift = 0; shift < 64; index++, shift += 7) {
    const byte = bytes[index];
    if (byte === undefined) break;
    if (shift < 49) value += (byte & 0x7f) * 2 ** shift; // larger ones are negative numbers, which nobody asks for
    if (byte < 0x80) return { value, end: index + 1 };
  }
  throw new Error('protobuf varint has no end');
}

function within(bytes: Buffer, end: number): number {
  if (end > bytes.length) throw new Error('protobuf field has no end');
  return end;
}
