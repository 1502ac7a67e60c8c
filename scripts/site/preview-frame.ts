import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { previewFramePolicy } from './content-security-policy';

const programs = 'components/preview/frame';

/** Where the frame's document is, in the site and below `public/`. */
export const previewFramePath = '/preview/frame.html';

/**
 * Writes the document in which the preview shows pages of the guest. Everything is in it, because its policy lets it load
 * nothing; the policy is in it as well, for hosts that send no headers (a `sandbox` directive counts only in a header).
 */
export async function buildPreviewFrame(): Promise<void> {
  const bridge = await bundle('bridge.ts', {});
  const shell = await bundle('shell.ts', { BRIDGE: JSON.stringify(bridge) });
  const policy = previewFramePolicy({ inDocument: true });
  const file = join('public', previewFramePath);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(
    file,
    `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>Preview of a page from the guest</title>
<style>
  html, body { height: 100%; margin: 0; overflow: hidden }
  iframe { display: block; width: 100%; height: 100%; border: 0 }
</style>
<body>
<script>${shell.replaceAll('</script', '<\\/script')}</script>
</body>
</html>
`,
  );
}

async function bundle(program: string, define: Record<string, string>): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(programs, program)],
    alias: { '@': process.cwd() },
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2023',
    define,
  });
  const [output] = outputFiles;
  if (!output) throw new Error(`${program} came to nothing`);
  return output.text;
}
