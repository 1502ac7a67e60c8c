import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contentSecurityPolicy, inlineScriptHashes, previewFramePolicy } from './content-security-policy';
import { previewFramePath } from './preview-frame';

/** Reads every page of an exported site and gives each path its policy. */
export async function readPolicies(siteFolder: string): Promise<Map<string, string>> {
  const policies = new Map<string, string>();
  for (const file of await readdir(siteFolder, { recursive: true })) {
    if (!file.endsWith('.html')) continue;
    const html = await readFile(join(siteFolder, file), 'utf8');
    const path = `/${file.replaceAll('\\', '/')}`.replace(/index\.html$/, '');
    const isFrame = path === previewFramePath;
    policies.set(path, isFrame ? previewFramePolicy() : contentSecurityPolicy(inlineScriptHashes(html)));
  }
  return policies;
}
