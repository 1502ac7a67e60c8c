import { contentSecurityPolicy } from './content-security-policy';

/** Paths whose name holds a hash of their content never change. */
const immutable = /^\/(?:_next\/static\/|machine\/[^/]+\.[0-9a-f]{16}\.[a-z0-9]+$)/;

/**
 * The headers of a path of the site, the same for our own server and for the `_headers` file of static hosts.
 * @param path beginning with a slash, without base path or query
 * @param policies Content-Security-Policy of each page, by path ending in a slash
 */
export function headersFor(path: string, policies: ReadonlyMap<string, string>): Record<string, string> {
  return {
    'Cache-Control': immutable.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
    'Content-Security-Policy': policies.get(path) ?? contentSecurityPolicy(),
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
    'Referrer-Policy': 'strict-origin-when-cross-origin',
    'X-Content-Type-Options': 'nosniff',
  };
}

/** The `_headers` file that several static hosts read: https://docs.netlify.com/manage/routing/headers/ */
export function writeHeadersFile(policies: ReadonlyMap<string, string>): string {
  const rules = (pattern: string, headers: Record<string, string>) =>
    [pattern, ...Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`)].join('\n');
  const { 'Cache-Control': forever } = headersFor('/_next/static/', policies);
  const { 'Content-Security-Policy': policy, 'Cache-Control': _, ...everywhere } = headersFor('/', new Map());
  return [
    rules('/*', everywhere),
    rules('/_next/static/*', { 'Cache-Control': forever ?? '', 'Content-Security-Policy': policy ?? '' }),
    ...[...policies].map(([path, value]) => rules(path, { 'Content-Security-Policy': value })),
    '',
  ].join('\n');
}
