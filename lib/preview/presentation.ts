import type { HttpField } from '../engine/http-answer';
import type { Presentation } from './messages';

/** How an answer is shown, by what it says of itself: https://mimesniff.spec.whatwg.org/ without its guesses at bytes. */
export function presentationOf(fields: readonly HttpField[], body: Uint8Array): Presentation {
  if (/^\s*attachment\b/i.test(valueOf(fields, 'content-disposition'))) return 'file';
  const type = valueOf(fields, 'content-type').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === '') return isText(body) ? (/^\s*</.test(beginning(body)) ? 'html' : 'text') : 'file';
  if (type === 'text/html' || type === 'application/xhtml+xml') return 'html';
  if (/^image\/(?:png|jpeg|gif|webp|avif|bmp|svg\+xml|x-icon|vnd\.microsoft\.icon)$/.test(type))
    return 'image';
  if (
    type.startsWith('text/') ||
    /^application\/(?:(?:.*\+)?(?:json|xml)|(?:x-)?(?:java|ecma)script|yaml|toml)$/.test(type)
  )
    return 'text';
  return 'file';
}

/** Of a header that comes once; empty without it. */
export function valueOf(fields: readonly HttpField[], name: string): string {
  return fields.find(([key]) => key === name)?.[1] ?? '';
}

function isText(body: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(body);
    return true;
  } catch {
    return false;
  }
}

function beginning(body: Uint8Array): string {
  return new TextDecoder().decode(body.subarray(0, 256));
}
