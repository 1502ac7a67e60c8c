import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { contentSecurityPolicy, inlineScriptHashes, previewFramePolicy } from './content-security-policy';

describe('inline scripts', () => {
  test('are allowed by hash, each once', () => {
    const html =
      '<script src="/a.js"></script><script>one()</script><script async>two()\n</script><script>one()</script>';
    const hash = (body: string) => `'sha256-${createHash('sha256').update(body).digest('base64')}'`;
    expect(inlineScriptHashes(html)).toEqual([hash('one()'), hash('two()\n')]);
  });

  test('never by unsafe-inline or unsafe-eval', () => {
    const scripts = contentSecurityPolicy(["'sha256-x'"])
      .split('; ')
      .find((directive) => directive.startsWith('script-src'));
    expect(scripts).toBe("script-src 'self' 'wasm-unsafe-eval' 'sha256-x'");
  });
});

test('an uplink may be connected to, and nothing else may be put into the policy', () => {
  expect(contentSecurityPolicy([], '')).toContain("connect-src 'self';");
  expect(contentSecurityPolicy([], 'wss://up.example/')).toContain("connect-src 'self' wss://up.example/;");
  for (const wrong of ['https://up.example/', "wss://up.example/; script-src 'unsafe-inline'", 'up'])
    expect(() => contentSecurityPolicy([], wrong)).toThrow('TWINHULL_UPLINK');
});

test('pages of the guest reach nothing and have no origin', () => {
  const policy = previewFramePolicy();
  expect(policy).toContain("default-src 'none';");
  expect(policy).toMatch(/; sandbox allow-scripts allow-forms;/);
  // Neither a host nor the site itself is a source of anything.
  expect(policy).not.toMatch(/'self'|https?:|allow-same-origin|allow-top|allow-popups/);
  expect(previewFramePolicy({ inDocument: true })).not.toMatch(/sandbox|frame-ancestors/);
});
