import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildNative, NativeShim } from './native-shim';

let program: Awaited<ReturnType<typeof buildNative>>;
beforeAll(async () => {
  program = await buildNative('hull-shim');
}, 60_000);
afterAll(() => program.dispose());

/** Instead of a container: a shell that waits for its input's end, and an exit status. */
const makes = (script: string) => `case "$*" in
  *\\ create\\ *) exec 5<&0; sh -c '${script}' <&5 5<&- & echo $! >$pid ;;
esac`;

test('start may be said at once, and the engine may go before the end', async () => {
  const shim = await NativeShim.start(program.path, makes('read line; exit 3'), ['--stdin']);
  shim.control.write('start\n');
  await shim.control.line(/started/);
  shim.control.stream.destroy();
  const later = shim.connect('control');
  const [, pid] = await later.line(/created (\d+)/);
  later.write('close-stdin\n');
  const [, at] = await later.line(/exited 3 (\d+)/);
  expect(await later.all()).toBe(`ready\ncreated ${pid}\nstarted\nexited 3 ${at}\n`);
  expect(await shim.exit).toBe(0);
  expect(await readFile(join(shim.directory, 'exit'), 'utf8')).toBe(`3 ${at}\n`);
  await shim.remove();
});

test('an exec that was not started ends with its engine', async () => {
  const shim = await NativeShim.start(program.path, 'exit 1', ['--exec', '/dev/null']);
  await shim.control.line(/ready/);
  shim.control.stream.destroy();
  expect(await shim.exit).toBe(0);
  await shim.remove();
});

test.each([
  [
    'its log',
    `echo '{"level":"error","msg":"a \\\\"quoted\\\\" reason","time":"now"}' >$2; exit 1`,
    'a "quoted" reason',
  ],
  ['its standard error', 'echo "out of <luck>" >&2; exit 1', 'out of <luck>'],
  ['its status', 'exit 42', 'the runtime said nothing and ended with status 42'],
  ['its signal', 'kill -KILL $$', 'the runtime was ended by signal 9'],
  [
    'the process id that it should have written',
    'exit 0',
    'the runtime wrote no process id: No such file or directory',
  ],
])('a runtime that fails is explained by %s', async (_, runtime, reason) => {
  const shim = await NativeShim.start(program.path, runtime);
  const [, text] = await shim.control.line(/failed (".*")/);
  expect(JSON.parse(text ?? '')).toBe(reason);
  expect(await shim.control.all()).toMatch(/^ready\nfailed .*\n$/);
  expect(await shim.exit).toBe(0);
  await shim.remove();
});

test('a runtime that is not there is told', async () => {
  const shim = await NativeShim.start(program.path, '', ['--runtime', '/no/such/runtime']);
  await shim.control.line(/failed "cannot run the runtime: No such file or directory"/);
  expect(await shim.exit).toBe(0);
  await shim.remove();
});

test('a failed start kills what was created', async () => {
  const runtime = `${makes('exec sleep 1000')}\ncase "$*" in *\\ start\\ *) echo no >&2; exit 1 ;; esac`;
  const shim = await NativeShim.start(program.path, runtime);
  const [, pid] = await shim.control.line(/created (\d+)/);
  shim.control.write('start\n');
  await shim.control.line(/failed "no"/);
  expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
  expect(await shim.exit).toBe(0);
  await shim.remove();
});

test.each(['', 'hello', 'attach stdin stdin', 'attach everything', 'control now', 'start', 'x'.repeat(100)])(
  'the first line "%s" is answered with an error',
  async (line) => {
    const shim = await NativeShim.start(program.path, '', ['--exec', '/dev/null']);
    await shim.control.line(/ready/);
    expect(await shim.connect(line).all()).toMatch(/^error ".+"\n$/);
    shim.control.write('quit\n');
    expect(await shim.exit).toBe(0);
    await shim.remove();
  },
);

test('more connections than there are places are refused with a sentence', async () => {
  const shim = await NativeShim.start(program.path, '', ['--exec', '/dev/null']);
  await shim.control.line(/ready/);
  const attaches = Array.from({ length: 15 }, () => shim.connect('attach stdout'));
  for (const attach of attaches) await attach.line(/ok/);
  expect(await shim.connect('control').all()).toMatch(/^error ".+"\n$/);
  attaches[0]?.stream.destroy();
  await expect
    .poll(() =>
      shim
        .connect('control')
        .line(/ready/)
        .catch(() => null),
    )
    .not.toBeNull();
  shim.control.write('quit\n');
  expect(await shim.exit).toBe(0);
  await shim.remove();
});
