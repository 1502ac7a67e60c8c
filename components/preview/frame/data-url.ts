const portion = 0x8000;

/** The bytes as an address of their own. */
export function dataUrl(bytes: Uint8Array, type: string): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += portion)
    binary += String.fromCharCode(...bytes.subarray(at, at + portion));
  return `data:${type.replace(/[^\w/+.;=-]/g, '')};base64,${btoa(binary)}`;
}

/** Text in the encoding that its Content-Type, or the document itself, says it has. */
export function decodeText(bytes: Uint8Array, contentType: string, isHtml = false): string {
  const inHead = () => /<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)/i.exec(latin(bytes.subarray(0, 1024)))?.[1];
  const label = /charset\s*=\s*"?([\w-]+)/i.exec(contentType)?.[1] ?? (isHtml ? inHead() : undefined);
  try {
    return new TextDecoder(label ?? 'utf-8').decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

function latin(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
