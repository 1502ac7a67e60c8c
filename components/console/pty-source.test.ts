import { expect, test } from 'vitest';
import { Emitter } from '@/lib/base/emitter';
import type { GuestPty } from '@/lib/guest/guest';
import { PtySource } from './pty-source';

function pty(output: Emitter<Uint8Array>): GuestPty {
  return {
    write: () => Promise.reject(new Error('gone')),
    end: () => Promise.resolve(),
    onData: output.on,
    pause: () => undefined,
    resume: () => undefined,
    resize: () => undefined,
    exit: Promise.resolve({ type: 'exited', code: 0 }),
    kill: () => Promise.resolve(),
    dispose: () => undefined,
  };
}

test('what came before anybody listened is handed on, the newest of it when it is much', () => {
  const output = new Emitter<Uint8Array>();
  const source = new PtySource(pty(output));
  for (let chunk = 0; chunk < 200; chunk++) output.emit(new Uint8Array(1024).fill(chunk));
  const heard: Uint8Array[] = [];
  source.onOutput((bytes) => heard.push(bytes));
  expect(heard.length).toBe(128);
  expect(heard.at(-1)?.[0]).toBe(199);
});

test('typing into a shell that has ended harms nobody', async () => {
  const source = new PtySource(pty(new Emitter()));
  source.write(Uint8Array.of(65));
  await new Promise(setImmediate);
});
