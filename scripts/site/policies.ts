import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contentSecurityPolicy, inlineScriptHashes } from './content-security-policy';

/** Reads every page of an exported site and gives each path its policy. */
export async function readPolicies(siteFolder: string): Promise<Map<string, string>> {
  const policies = new Map<string, string>();
  for (const file of await readdir(siteFolder, { recursive: true })) {
    if (!file.endsWith('.html')) continue;
    const html = await readFile(join(siteFolder, file), 'utf8');
    const path = `/${file.replaceAll('\\', '/')}`.replace(/index\.html$/, '');
    policies.set(path, contentSecurityPolicy(inlineScriptHashes(html)));
  }
  return policies;
}
