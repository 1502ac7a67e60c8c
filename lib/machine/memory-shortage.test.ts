import { expect, test } from 'vitest';
import { Emitter } from '../base/emitter';
import { type MemoryShortage, parseMemoryShortage, watchMemoryShortage } from './memory-shortage';

const line =
  '[   12.3] Out of memory: Killed process 77 (tail (1)) total-vm:99812kB, anon-rss:96524kB, file-rss:4kB';

test('reads what the kernel says of both kinds', () => {
  expect(parseMemoryShortage(line)).toEqual({ of: 'machine', program: 'tail (1)', pid: 77 });
  expect(parseMemoryShortage('Memory cgroup out of memory: Killed process 5 (sh) total-vm:1kB')).toEqual({
    of: 'group',
    program: 'sh',
    pid: 5,
  });
  expect(parseMemoryShortage('sh: out of memory')).toBeUndefined();
});

test('the replay of a restored console is not news', () => {
  const bytes = new TextEncoder().encode(`# ${line}\r\n`);
  const output = new Emitter<Uint8Array>();
  const heard: MemoryShortage[] = [];
  watchMemoryShortage(
    {
      write: () => undefined,
      resize: () => undefined,
      onOutput: (listener) => {
        listener(bytes);
        return output.on(listener);
      },
    },
    (shortage) => heard.push(shortage),
  );
  expect(heard).toEqual([]);
  output.emit(bytes.subarray(0, 30));
  output.emit(bytes.subarray(30));
  expect(heard.map(({ pid }) => pid)).toEqual([77]);
});
