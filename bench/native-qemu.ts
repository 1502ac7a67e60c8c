import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { installDebianPackages } from '../images/build/debian-packages';
import { hostPrompt } from '../lib/experiments/boot-timings';
import { host } from '../lib/fleet/profiles';
import { artifactsFolder } from '../lib/machine/node-platform';
import type { Manifest } from '../lib/machine/manifest';

const giveUpAfterMs = 60_000;

/** Boots the host's kernel and root in QEMU's own emulator. Milliseconds from starting QEMU to the prompt. */
export async function timeNativeBoot(manifest: Manifest): Promise<number> {
  await installDebianPackages(['qemu-system-x86'], 'the comparison with native emulation');
  const file = (name: string) => {
    const artifact = manifest.artifacts.find((candidate) => candidate.name === name);
    if (!artifact) throw new Error(`the manifest has no ${name}: run \`npm run images\``);
    return join(artifactsFolder, artifact.file);
  };
  const startedAt = performance.now();
  const qemu = spawn('qemu-system-i386', [
    ...['-accel', 'tcg', '-m', String(host.memoryBytes / 1024 / 1024), '-nodefaults', '-display', 'none'],
    ...['-kernel', file(host.boot.kernel), '-initrd', file(host.boot.root), '-append', host.boot.commandLine],
    // The console that the shell is on, and the agent's port beside it, as in v86.
    ...['-serial', 'null', '-device', 'virtio-serial-pci', '-chardev', 'stdio,id=console,signal=off'],
    ...[
      '-device',
      'virtconsole,chardev=console',
      '-chardev',
      'null,id=agent',
      '-device',
      'virtserialport,chardev=agent',
    ],
  ]);
  try {
    return await new Promise<number>((resolve, reject) => {
      let seen = '';
      qemu.stdout.on('data', (bytes: Buffer) => {
        seen = (seen + bytes.toString('latin1')).slice(-2048);
        if (seen.includes(hostPrompt)) resolve(performance.now() - startedAt);
      });
      qemu.stderr.on('data', (bytes: Buffer) => (seen += bytes.toString()));
      qemu.once('error', reject);
      qemu.once('exit', () => reject(new Error(`QEMU ended without a prompt: ${seen}`)));
      setTimeout(() => reject(new Error(`QEMU shows no prompt: ${seen}`)), giveUpAfterMs).unref();
    });
  } finally {
    qemu.kill('SIGKILL');
  }
}
