import { createHash } from 'node:crypto';
import type { Guest } from '../../lib/guest/guest';
import { type TarEntry, writeTar } from './tar-archive';

const encode = (text: string) => new TextEncoder().encode(text);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** An image busybox:latest as `docker load` takes it, made of the host's own busybox. */
export async function busyboxArchive(guest: Guest): Promise<Uint8Array> {
  const program = await guest.readFile('/bin/busybox');
  const { stdout } = await guest.run({ argv: ['busybox', '--list'] });
  const names = new TextDecoder()
    .decode(stdout)
    .split('\n')
    .filter((name) => name && name !== 'busybox');
  const layer = writeTar([
    { name: 'bin/', mode: 0o755 },
    { name: 'bin/busybox', mode: 0o755, content: program },
    ...names.map((name): TarEntry => ({ name: `bin/${name}`, mode: 0o777, link: 'busybox' })),
    { name: 'etc/', mode: 0o755 },
    {
      name: 'etc/passwd',
      mode: 0o644,
      content: encode('root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/home:/bin/sh\n'),
    },
    { name: 'etc/group', mode: 0o644, content: encode('root:x:0:\nwww-data:x:33:\n') },
    { name: 'home/', mode: 0o755 },
    { name: 'root/', mode: 0o700 },
    { name: 'tmp/', mode: 0o1777 },
    { name: 'var/', mode: 0o755 },
  ]);
  const created = '2026-01-01T00:00:00Z';
  const config = encode(
    JSON.stringify({
      architecture: '386',
      os: 'linux',
      created,
      config: { Cmd: ['sh'], Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
      history: [{ created, created_by: 'ADD busybox /' }],
    }),
  );
  const manifest = [{ Config: 'config.json', RepoTags: ['busybox:latest'], Layers: ['layer.tar'] }];
  return writeTar([
    { name: 'config.json', mode: 0o644, content: config },
    { name: 'layer.tar', mode: 0o644, content: layer },
    { name: 'manifest.json', mode: 0o644, content: encode(JSON.stringify(manifest)) },
  ]);
}
